-- Unqualified names land in the migrator's search path: the schema that it owns.
CREATE TABLE customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    email      text NOT NULL UNIQUE
);

CREATE TABLE orders (
    id          bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    item        text NOT NULL,
    quantity    integer NOT NULL CHECK (quantity > 0),
    placed_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payroll (
    employee text PRIMARY KEY,
    salary   numeric(10, 2) NOT NULL
);
