//! Paths of the API document, to compare with those of requests.

/// A path of the API document, such as `/v1/cases/{case_id}`.
#[derive(Debug)]
pub struct Template {
    /// The segments. A parameter is none, and fits anything.
    segments: Vec<Option<Box<str>>>,
}

impl Template {
    /// Reads it from the document.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let segment = |segment: &str| (!segment.starts_with('{')).then(|| segment.into());
        Self { segments: path.split('/').map(segment).collect() }
    }

    /// Returns whether the path of a request has this form.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let mut segments = self.segments.iter();
        for part in path.split('/') {
            let fits = match segments.next() {
                None => false,
                Some(None) => !part.is_empty(),
                Some(Some(own)) => **own == *part,
            };
            if !fits {
                return false;
            }
        }
        segments.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_with_anything_in_place_of_a_parameter() {
        let template = Template::of("/v1/cases/{case_id}/notes");
        assert!(template.fits("/v1/cases/7/notes"));
        for other in ["/v1/cases//notes", "/v1/cases/7", "/v1/cases/7/notes/8", "/v1/children/7/notes", ""] {
            assert!(!template.fits(other), "{other}");
        }
    }
}
