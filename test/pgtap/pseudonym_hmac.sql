-- The primitive: HMAC-SHA-256 on the vectors of RFC 4231, section 4.
\set QUIET 1
SET search_path = mobanon, public;
SELECT plan(15);
CREATE TEMP TABLE vector (n int, key bytea, message bytea, digest text);
INSERT INTO vector VALUES
(1, decode(repeat('0b', 20), 'hex'), 'Hi There',
	'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'),
(2, 'Jefe', 'what do ya want for nothing?',
	'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
(3, decode(repeat('aa', 20), 'hex'), decode(repeat('dd', 50), 'hex'),
	'773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'),
(4, decode('0102030405060708090a0b0c0d0e0f10111213141516171819', 'hex'), decode(repeat('cd', 50), 'hex'),
	'82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b'),
-- the RFC gives the first 128 bits of case 5
(5, decode(repeat('0c', 20), 'hex'), 'Test With Truncation',
	'a3b6167473100ee06e0c796c2955552b'),
(6, decode(repeat('aa', 131), 'hex'), 'Test Using Larger Than Block-Size Key - Hash Key First',
	'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'),
(7, decode(repeat('aa', 131), 'hex'), 'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
	'9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2');
SELECT is(left(encode(hmac_sha256(key, message), 'hex'), length(digest)), digest, 'RFC 4231 test case ' || n)
FROM vector ORDER BY n;
-- An empty message, an empty key: what hashing with an empty key must give (RFC 2104 pads with zeros).
SELECT is(hmac_sha256('', ''), hmac_sha256(decode(repeat('00', 64), 'hex'), ''), 'an empty key is padded with zeros');
SELECT is(encode(hmac_sha256('', ''), 'hex'), 'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad', 'empty key and message');
-- a message of every length around the block size has a digest of its own
SELECT is(count(DISTINCT hmac_sha256('k', decode(repeat('61', n), 'hex'))), 201::bigint, 'lengths 0 to 200 differ')
FROM generate_series(0, 200) AS n;

-- It is granted to nobody, and reaches no key of the keyring.
SELECT is((SELECT count(*) FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.oid = f AND a.grantee <> p.proowner),
	0::bigint, 'only the owner may call ' || f)
FROM unnest(ARRAY['hmac_sha256(bytea,bytea)', 'new_wrapped_key(text,int)', 'rewrapped_key(text,int,bytea,text)']::regprocedure[]) AS f;
SELECT is((SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a
	WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proname IN ('pseudonymize', 'hmac_sha256', 'new_wrapped_key', 'rewrapped_key') AND a.grantee = 0),
	0::bigint, 'PUBLIC may call none of them');
SELECT is((SELECT relacl IS NULL OR NOT EXISTS (SELECT FROM aclexplode(relacl) a WHERE a.grantee <> relowner)
	FROM pg_class WHERE oid = 'mobanon.key_epoch'::regclass), true, 'the keyring''s table is granted to nobody');
SELECT * FROM finish();
