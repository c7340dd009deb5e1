-- Residents and visits belong to a household: where it moves, they go.
UPDATE record SET parent = decode(replace(body::json -> 'values' ->> 'household', '-', ''), 'hex')
WHERE kind IN ('resident', 'visit');
