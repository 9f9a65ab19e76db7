"""A request form on which everything is in order, for tests that are about something else."""

IN_ORDER = {
    "procedure_codes": ["S2325"],
    "requested_condition": "osteonecrosis_femoral_head",
    "requested_body_part": "hip",
    "documented_laterality": "right",
    "clinical_documentation": "present",
    "other_procedures_3_months": "absent",
}
