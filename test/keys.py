"""What an attacker with the machine would do: look for bytes.

	keys.py states KEYHEX           the two SHA-256 states that HMAC keeps of a key
	keys.py memory PID HEX...       how often each is found in a process
	keys.py private PID HEX...      the same, without shared memory
	keys.py files PATH HEX...       the same in a file, or in all below a directory
	keys.py forms HEX               the bytes as hexadecimal and base64 text, as HEX again
Only what python3-minimal has.
"""
import binascii, os, sys

def primes(n):
	found, i = [], 2
	while len(found) < n:
		if all(i % p for p in found):
			found.append(i)
		i += 1
	return found

def fraction(value, root):
	"""The first 32 bits of the fractional part of a square or cube root."""
	low, high = 0, 1 << 48
	while low < high:
		middle = (low + high + 1) // 2
		if middle ** root <= value << (32 * root):
			low = middle
		else:
			high = middle - 1
	return low & 0xffffffff

def compress(block):
	"""One block of SHA-256 (FIPS 180-4) from the initial state."""
	rotate = lambda x, n: (x >> n | x << (32 - n)) & 0xffffffff
	k = [fraction(p, 3) for p in primes(64)]
	h = [fraction(p, 2) for p in primes(8)]
	w = [int.from_bytes(block[i:i + 4], 'big') for i in range(0, 64, 4)]
	for i in range(16, 64):
		s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3
		s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10
		w.append((w[i - 16] + s0 + w[i - 7] + s1) & 0xffffffff)
	a, b, c, d, e, f, g, hh = h
	for i in range(64):
		t1 = hh + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i]
		t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & b ^ a & c ^ b & c)
		a, b, c, d, e, f, g, hh = (t1 + t2) & 0xffffffff, a, b, c, (d + t1) & 0xffffffff, e, f, g
	return [(x + y) & 0xffffffff for x, y in zip(h, [a, b, c, d, e, f, g, hh])]

def states(key):
	for pad in (0x36, 0x5c):
		block = bytes(x ^ pad for x in key.ljust(64, b'\0'))
		# as a process of this machine holds it
		print(b''.join(x.to_bytes(4, sys.byteorder) for x in compress(block)).hex())

def memory(pid, patterns, shared):
	counts = [0] * len(patterns)
	with open('/proc/%s/maps' % pid) as maps, open('/proc/%s/mem' % pid, 'rb', 0) as mem:
		for line in maps:
			fields = line.split()
			if fields[1][0] != 'r' or fields[-1] in ('[vvar]', '[vsyscall]', '[vvar_vclock]'):
				continue
			if not shared and fields[1][3] == 's':
				continue
			low, high = (int(x, 16) for x in fields[0].split('-'))
			try:
				mem.seek(low)
				data = b''
				while len(data) < high - low:
					part = mem.read(high - low - len(data))
					if not part:
						break
					data += part
			except (OSError, ValueError):
				continue
			for i, p in enumerate(patterns):
				counts[i] += data.count(p)
	print(*counts)

def files(path, patterns):
	counts = [0] * len(patterns)
	names = [path] if os.path.isfile(path) else [os.path.join(d, n) for d, _, f in os.walk(path) for n in f]
	for name in names:
		if not os.path.isfile(name):
			continue
		with open(name, 'rb') as f:
			data = f.read()
		for i, p in enumerate(patterns):
			counts[i] += data.count(p)
	print(*counts)

what, first, rest = sys.argv[1], sys.argv[2], [bytes.fromhex(x) for x in sys.argv[3:]]
if what == 'states':
	states(bytes.fromhex(first))
elif what == 'memory':
	memory(first, rest, True)
elif what == 'private':
	memory(first, rest, False)
elif what == 'files':
	files(first, rest)
elif what == 'forms':
	raw = bytes.fromhex(first)
	print(raw.hex(), raw.hex().encode().hex(), raw.hex().upper().encode().hex(),
		binascii.b2a_base64(raw).strip().rstrip(b'=').hex())
