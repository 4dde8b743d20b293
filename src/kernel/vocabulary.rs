//! Closed lists of words, each the same in the API, in the code and in the database.

/// A closed list of words.
pub trait Words: Sized + 'static {
    /// All of them.
    const ALL: &'static [Self];
}

/// Defines an enum whose variants are words: in JSON, in SQL (TEXT) and in Cedar.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }

        impl $name {
            /// The word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl $crate::kernel::vocabulary::Words for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::try_from(word)
                    .map_err(|_| serde::de::Error::custom(concat!("must be one of:" $(, " ", $word)+)))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(word: String) -> Result<Self, String> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("unknown {} in the database: {word}", stringify!($name))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB: sqlx::Database> sqlx::Type<DB> for $name where String: sqlx::Type<DB> {
            fn type_info() -> DB::TypeInfo { <String as sqlx::Type<DB>>::type_info() }
            fn compatible(ty: &DB::TypeInfo) -> bool { <String as sqlx::Type<DB>>::compatible(ty) }
        }
        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name where String: sqlx::Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer)
                -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.as_str().to_owned().encode_by_ref(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where String: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Self::try_from(String::decode(value)?).map_err(Into::into)
            }
        }
    };
}

words! {
    /// The sector of a unit. It decides the duty of secrecy (fvl § 13, hpl § 21, bvl § 13-1, sotjl § 44).
    Sector {
        /// Kindergarten and school.
        School = "school",
        /// Educational and psychological counselling (PPT).
        Ppt = "ppt",
        /// Health centre, school health, mental health.
        Health = "health",
        /// Child welfare.
        ChildWelfare = "child_welfare",
        /// The labour and welfare office.
        Nav = "nav",
        /// Culture, police contact, specialist health and others.
        Other = "other",
    }
}

words! {
    /// Whom a measure is meant for.
    PreventionLevel {
        /// Everyone.
        Universal = "universal",
        /// Those at risk.
        Selective = "selective",
        /// Those with known difficulties.
        Indicated = "indicated",
    }
}

impl Role {
    /// Whether the role is one for people who never see content.
    #[must_use]
    pub fn excludes_content(self) -> bool {
        matches!(self, Self::Administrator | Self::Auditor | Self::Analyst)
    }
}

words! {
    /// What a person may be in a unit.
    Role {
        /// Works with children there.
        Worker = "worker",
        /// Leads the unit.
        UnitLeader = "unit_leader",
        /// Keeps accounts, units and roles of the municipality; never sees content.
        Administrator = "administrator",
        /// Reads the access log of the municipality; never sees content.
        Auditor = "auditor",
        /// Reads statistics; never sees a person.
        Analyst = "analyst",
    }
}

words! {
    /// What an entry is about. Who sees it and who must consent to its sharing is in `data/kinds.toml`, one rule for each.
    InformationKind {
        /// Goals, measures, evaluations and what else is agreed with the home.
        Agreed = "agreed",
        /// Learning, results and life at school or kindergarten.
        SchoolLife = "school_life",
        /// Absence from school.
        Absence = "absence",
        /// Assessments by the educational and psychological service.
        PptAssessment = "ppt_assessment",
        /// What the child's health means for the help.
        Health = "health",
        /// What the child itself says.
        ChildStatement = "child_statement",
        /// That child welfare helps, and how.
        ChildWelfare = "child_welfare",
        /// The family's economy and benefits.
        FamilyEconomy = "family_economy",
        /// The parents' own health.
        ParentsHealth = "parents_health",
        /// A health contact that a child of 12 or more has asked to keep from the guardians.
        ConfidentialHealth = "confidential_health",
        /// Suspicion of violence or abuse. Never in the record.
        ViolenceSuspicion = "violence_suspicion",
        /// What is written in a service's own journal. Never in the record.
        Journal = "journal",
        /// Siblings and other third parties. Never in the record.
        ThirdParty = "third_party",
        /// That anyone has reported to child welfare. Never in the record.
        ChildWelfareReport = "child_welfare_report",
        /// Contact with family counselling or a crisis centre. Never in the record.
        SecretContact = "secret_contact",
    }
}
