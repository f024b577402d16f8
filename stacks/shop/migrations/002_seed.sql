INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.org'), ('Grace', 'grace@example.org');

INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'compass', 1), (2, 'ledger', 3);

INSERT INTO payroll (employee, salary) VALUES ('Edsger', 4200.00), ('Barbara', 4300.00);
