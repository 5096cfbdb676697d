ALTER TABLE users ADD COLUMN first_name TEXT;
ALTER TABLE users ADD COLUMN last_name TEXT;
UPDATE users SET first_name = substr(name, 1, instr(name, ' ') - 1), last_name = substr(name, instr(name, ' ') + 1) WHERE instr(name, ' ') > 0;
