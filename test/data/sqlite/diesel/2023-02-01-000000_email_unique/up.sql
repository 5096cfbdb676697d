UPDATE users SET email = lower(trim(email)) WHERE email IS NOT NULL;
DELETE FROM users WHERE email IS NOT NULL AND id NOT IN (SELECT min(id) FROM users GROUP BY email);
CREATE UNIQUE INDEX users_email ON users (email) WHERE email IS NOT NULL;
