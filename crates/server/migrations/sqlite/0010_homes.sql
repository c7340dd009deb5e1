-- Residents and visits belong to a household: where it moves, they go.
UPDATE record SET parent = unhex(replace(json_extract(body, '$.values.household'), '-', ''))
WHERE kind IN ('resident', 'visit');
