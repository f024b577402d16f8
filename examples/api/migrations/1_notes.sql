CREATE TABLE api.notices (text text);
INSERT INTO api.notices VALUES ('hello');
CREATE TABLE api.notes (person text DEFAULT current_setting('request.person', true), text text);
ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_notes ON api.notes TO member USING (person = current_setting('request.person', true));
