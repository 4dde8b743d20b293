//! Closed lists of words, each identical in the API, the code and the database.

/// A closed list of words.
pub trait Words: Sized + 'static {
    /// All words in the list.
    const ALL: &'static [Self];
}

/// Defines an enum whose variants are words in JSON, SQL (TEXT) and Cedar.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }

        impl $name {
            /// Returns the word.
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
                let expected = || format!("must be one of: {}", [$($word),+].join(", "));
                Self::try_from(word).map_err(|_| serde::de::Error::custom(expected()))
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
    /// The sector of a unit. It decides which duty of secrecy applies (fvl § 13, hpl § 21, bvl § 13-1, sotjl § 44).
    Sector {
        /// Kindergarten and school.
        School = "school",
        /// Educational and psychological counselling service (PPT).
        Ppt = "ppt",
        /// Health centre, school health service and mental health.
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
    /// The target group of a measure.
    PreventionLevel {
        /// All children.
        Universal = "universal",
        /// Children at risk.
        Selective = "selective",
        /// Children with known difficulties.
        Indicated = "indicated",
    }
}

impl Role {
    /// Returns whether the role decides over others, so that two administrators must grant it.
    #[must_use]
    pub fn needs_two(self) -> bool {
        matches!(self, Self::UnitLeader | Self::Administrator | Self::Auditor)
    }

    /// Returns whether people with the role never see content.
    #[must_use]
    pub fn excludes_content(self) -> bool {
        matches!(self, Self::Administrator | Self::Auditor | Self::Analyst)
    }
}

words! {
    /// A role in a unit.
    Role {
        /// Works with children in the unit.
        Worker = "worker",
        /// Leads the unit.
        UnitLeader = "unit_leader",
        /// Manages the accounts, units and roles of the municipality. Never sees content.
        Administrator = "administrator",
        /// Reads the access log of the municipality or, in a unit of another controller, of what its staff did. Never sees content.
        Auditor = "auditor",
        /// Reads statistics. Never sees information about individuals.
        Analyst = "analyst",
    }
}

words! {
    /// The controller of a unit decides why and how its information is used (behandlingsansvarlig, GDPR art. 4 (7)).
    ControllerKind {
        /// The municipality that the unit belongs to.
        Municipality = "municipality",
        /// A county (fylkeskommune): upper secondary schools, public dental care.
        County = "county",
        /// The state: hospitals, the police, the part of NAV that belongs to the state.
        State = "state",
        /// A private body: private kindergartens and schools, general practitioners, voluntary organisations.
        PrivateBody = "private_body",
    }
}

words! {
    /// The kind of information in an entry. `data/kinds.toml` defines who sees each kind and who must consent to sharing it.
    InformationKind {
        /// Goals, measures, evaluations and whatever else is agreed with the home.
        Agreed = "agreed",
        /// Learning, results and life at school or in kindergarten.
        SchoolLife = "school_life",
        /// Absence from school.
        Absence = "absence",
        /// Assessments by the educational and psychological service.
        PptAssessment = "ppt_assessment",
        /// The significance of the child's health for the help.
        Health = "health",
        /// The child's own statements.
        ChildStatement = "child_statement",
        /// The involvement of child welfare, and what it does.
        ChildWelfare = "child_welfare",
        /// The family's finances and benefits.
        FamilyEconomy = "family_economy",
        /// The parents' own health.
        ParentsHealth = "parents_health",
        /// A health contact that a child aged 12 or older has asked to keep from the guardians.
        ConfidentialHealth = "confidential_health",
        /// Suspicion of violence or abuse. Never in the record.
        ViolenceSuspicion = "violence_suspicion",
        /// The contents of a service's own records (journal). Never in the record.
        Journal = "journal",
        /// Siblings and other third parties. Never in the record.
        ThirdParty = "third_party",
        /// The fact that someone has reported to child welfare. Never in the record.
        ChildWelfareReport = "child_welfare_report",
        /// Contact with family counselling, a crisis centre, a centre against sexual abuse, or a parent's own treatment. Never in the record.
        SecretContact = "secret_contact",
    }
}

words! {
    /// The protection of a child's address in the population register (adressegradering, freg § 10-4).
    Protection {
        /// Not protected.
        None = "none",
        /// Confidential (fortrolig, formerly code 7): other authorities may know it, private individuals may not.
        Confidential = "confidential",
        /// Strictly confidential (strengt fortrolig, formerly code 6): it is never stored here.
        StrictlyConfidential = "strictly_confidential",
    }
}

impl Protection {
    /// Parses a word from the database. An unknown word counts as the strictest.
    #[must_use]
    pub fn stored(word: Option<&str>) -> Self {
        word.map_or(Self::None, |word| Self::try_from(word.to_owned()).unwrap_or(Self::StrictlyConfidential))
    }

    /// Returns whether the address is protected.
    #[must_use]
    pub fn is_graded(self) -> bool {
        self != Self::None
    }
}

words! {
    /// The capacity in which a person is a guardian of a child.
    Capacity {
        /// Mother, father or co-mother.
        Parent = "parent",
        /// A foster parent (fosterforelder), who has no parental responsibility.
        FosterParent = "foster_parent",
        /// A person appointed to make decisions for the child: a verge or setteverge, or the representative of an unaccompanied minor
        /// (representant). They decide if they are registered with parental responsibility.
        GuardianAppointed = "guardian_appointed",
    }
}

words! {
    /// A kind of second factor of a log-in.
    SecondFactorKind {
        /// A code of an app, or a recovery code.
        Code = "code",
        /// A passkey.
        Passkey = "passkey",
    }
}

words! {
    /// The kind of care order (vedtak etter barnevernsloven). `data/care_orders.toml` states what follows from each.
    CareOrderKind {
        /// The child is taken into care (omsorgsovertakelse, bvl § 5-1).
        TakenIntoCare = "taken_into_care",
        /// The child may not be moved from where it lives for now (midlertidig flytteforbud).
        MovingProhibited = "moving_prohibited",
        /// The child is taken into care in an emergency (akutt omsorgsovertakelse, bvl § 4-2).
        AcuteCare = "acute_care",
        /// The child is placed in an institution for its behaviour, in an emergency (bvl § 4-4).
        AcuteInstitution = "acute_institution",
        /// The child is placed in an institution for its behaviour (bvl § 6-2).
        Institution = "institution",
        /// The child is in an institution for its behaviour, as it and those with parental responsibility have agreed to (bvl § 6-1).
        InstitutionByConsent = "institution_by_consent",
        /// The child is placed in an institution against human trafficking, in an emergency (bvl § 4-5).
        AcuteTrafficking = "acute_trafficking",
        /// The child is placed in an institution against human trafficking (bvl § 6-6).
        Trafficking = "trafficking",
        /// The parents have placed the child in a foster home or an institution (frivillig plassering, bvl § 3-2).
        VoluntaryPlacement = "voluntary_placement",
        /// The parents are deprived of parental responsibility (fratakelse av foreldreansvar, bvl § 5-8).
        ParentalResponsibilityRemoved = "parental_responsibility_removed",
        /// The child may not be taken out of Norway, in an emergency (akutt utreiseforbud, bvl § 4-6).
        AcuteLeavingProhibited = "acute_leaving_prohibited",
        /// The child may not be taken out of Norway (utreiseforbud, bvl § 5-13).
        LeavingProhibited = "leaving_prohibited",
    }
}
