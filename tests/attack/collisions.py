"""Names that collide under hashes that have no secret: what an attacker sends who hopes for such a table.

* murmur64a: std::hash of libstdc++, all 64 bits, whatever its seed. Two blocks of eight bytes follow each other; the
  mixed first one differs in its top bit only, which survives the multiplication by an odd number, and the second one
  takes it back. So each pair of blocks can be had in two ways, and 17 pairs make 131,072 names.
* java31: the polynomial hash by 31 of java.lang.String and many others: "Aa" and "BB" are equal.
"""

import itertools
import random

_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
# Both are valid UTF-8, and differ in the top bit once mixed: found by trying some thousand blocks.
_BLOCK, _LIKE = b" -Lauu\x1c-", b" -\t{\x10[\xc4\xbb"
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!*()/:;<>?@[]^{}|'\"$ "


def _mix(block):
    block = block * _MULTIPLIER & _MASK
    return (block ^ block >> 47) * _MULTIPLIER & _MASK


def murmur64a(text, seed=0xC70F6907):
    """std::_Hash_bytes of libstdc++ on 64 bits, for lengths that eight divides."""
    hashed = seed ^ len(text) * _MULTIPLIER & _MASK
    for at in range(0, len(text), 8):
        hashed = (hashed ^ _mix(int.from_bytes(text[at : at + 8], "little"))) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 47) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 47


def java31(text):
    hashed = 0
    for c in text:
        hashed = hashed * 31 + c & 0xFFFFFFFF
    return hashed


def _combined(pairs, count):
    return [b"".join(choice) for choice in itertools.islice(itertools.product(*pairs), count)]


def of_murmur(count):
    assert _mix(int.from_bytes(_BLOCK, "little")) ^ _mix(int.from_bytes(_LIKE, "little")) == 1 << 63
    names = _combined([(_BLOCK * 2, _LIKE * 2)] * (count - 1).bit_length(), count)
    assert len(set(names)) == count and len({murmur64a(name) for name in names[:1000] + names[-1000:]}) == 1
    return names


def of_java(count):
    names = _combined([(b"Aa", b"BB")] * (count - 1).bit_length(), count)
    assert len(set(names)) == count and len({java31(name) for name in names[:1000] + names[-1000:]}) == 1
    return names


def by_chance(count, length, seed=2):
    """As many others of that length."""
    chance = random.Random(seed)
    return [bytes(chance.choices(_LETTERS, k=length)) for _ in range(count)]
