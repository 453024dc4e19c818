"""From a list of units to units in the field: seeds, enrolment, labels, reports, revocation."""
