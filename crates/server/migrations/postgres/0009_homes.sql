-- Residents and visits belong to a household: where it moves, they go.
UPDATE record SET parent = decode(replace(body::json -> 'values' ->> 'household', '-', ''), 'hex')
WHERE kind IN ('resident', 'visit')
AND body::json -> 'values' ->> 'household' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
