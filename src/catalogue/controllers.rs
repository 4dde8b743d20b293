//! The controllers in the files of a municipality, for its record of processing.

use serde::Serialize;

use super::{
    files::{MunicipalityFiles, UnitEntry},
    imported::ImportError,
};
use crate::kernel::vocabulary::ControllerKind;

/// A municipality and its units, as its files state them.
#[derive(Debug)]
pub struct MunicipalityUnits {
    /// The number of the municipality.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its units.
    pub units: Vec<ControlledUnit>,
}

/// A unit and its controller.
#[derive(Debug, Clone, Serialize)]
pub struct ControlledUnit {
    /// The name of the unit.
    pub unit: String,
    /// The kind of unit.
    pub unit_kind: String,
    /// The kind of controller. A unit whose file states none is the municipality's.
    pub controller: ControllerKind,
    /// The name of a controller that is not the municipality.
    pub name: Option<String>,
    /// The organisation number of a controller that is not the municipality.
    pub organisation_number: Option<String>,
}

impl MunicipalityFiles {
    /// Returns the units and their controllers.
    ///
    /// # Errors
    /// If the files have the wrong format or contradict themselves.
    pub fn units(&self) -> Result<MunicipalityUnits, ImportError> {
        let municipality = self.parse()?.municipality;
        Ok(MunicipalityUnits {
            number: municipality.number.as_str().to_owned(),
            name: municipality.name.to_string(),
            units: municipality.unit.iter().map(ControlledUnit::of).collect(),
        })
    }
}

impl ControlledUnit {
    fn of(unit: &UnitEntry) -> Self {
        let stated = unit.controller.as_ref().map(|controller| controller.columns());
        let (controller, name, number) = stated.unwrap_or((ControllerKind::Municipality, None, None));
        Self {
            unit: unit.name.to_string(),
            unit_kind: unit.kind.to_string(),
            controller,
            name: name.map(str::to_owned),
            organisation_number: number.map(str::to_owned),
        }
    }
}
