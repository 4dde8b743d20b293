-- Consent that is asked for: the units, the kinds, the purpose and the period.
CREATE TABLE consent_request (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    -- Sealed.
    purpose TEXT NOT NULL,
    text_version TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    answer_by DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'withdrawn')),
    asked_by UUID NOT NULL REFERENCES person (id),
    asked_at TIMESTAMPTZ NOT NULL,
    withdrawn_by UUID REFERENCES person (id),
    withdrawn_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (valid_from <= valid_until),
    CHECK ((status = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK ((status = 'withdrawn') = (withdrawn_by IS NOT NULL))
);
CREATE INDEX consent_request_case ON consent_request (municipality, case_id, id);
CREATE INDEX consent_request_id ON consent_request (id);
CREATE INDEX consent_request_open ON consent_request (municipality, case_id, answer_by, id) WHERE status = 'open';

-- The units that may take part.
CREATE TABLE consent_request_unit (
    municipality TEXT NOT NULL,
    request_id UUID NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    PRIMARY KEY (municipality, request_id, unit_id),
    FOREIGN KEY (municipality, request_id) REFERENCES consent_request (municipality, id)
);
CREATE INDEX consent_request_unit_request ON consent_request_unit (request_id);

-- The kinds of information that may be shared with and by them.
CREATE TABLE consent_request_kind (
    municipality TEXT NOT NULL,
    request_id UUID NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (municipality, request_id, kind),
    FOREIGN KEY (municipality, request_id) REFERENCES consent_request (municipality, id)
);
CREATE INDEX consent_request_kind_request ON consent_request_kind (request_id);

-- The answers of those who must consent. A yes has the consent that was given; it can replace a no.
CREATE TABLE consent_request_answer (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    request_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    agrees BOOLEAN NOT NULL,
    -- Why not. Sealed.
    reason TEXT,
    consent_id UUID,
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, request_id, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, request_id) REFERENCES consent_request (municipality, id),
    FOREIGN KEY (municipality, consent_id) REFERENCES consent (municipality, id),
    CHECK (agrees = (consent_id IS NOT NULL)),
    CHECK (reason IS NULL OR NOT agrees)
);
CREATE INDEX consent_request_answer_request ON consent_request_answer (request_id);
CREATE INDEX consent_request_answer_refused ON consent_request_answer (municipality, case_id, answered_at, request_id) WHERE NOT agrees;
