CREATE TABLE emails (
    id bigserial PRIMARY KEY,
    address text NOT NULL,
    category text,
    sent_at timestamptz
);
CREATE TABLE mapping (old text, new text);
