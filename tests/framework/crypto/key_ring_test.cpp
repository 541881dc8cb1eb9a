#include <rondeau/crypto/key_ring.h>

#include <string>

#include <doctest/doctest.h>

using namespace rondeau;
using crypto::Key;

namespace {

Key key(char c) {
  return Key::from_bytes(std::string(32, c)).value();
}

}  // namespace

TEST_CASE("crypto: a key has at least 32 bytes, and differs by purpose") {
  CHECK_FALSE(Key::from_bytes(std::string(31, 'x')));
  CHECK(Key::from_bytes(std::string(64, 'x')));
  CHECK(Key::from_base64("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").value().bytes() ==
        Key::from_bytes("0123456789abcdef0123456789abcdef").value().bytes());
  CHECK_FALSE(Key::from_base64("MDEyMw=="));
  CHECK_FALSE(Key::from_base64("no base64"));
  CHECK(key('a').derive("x").bytes() == key('a').derive("x").bytes());
  CHECK(key('a').derive("x").bytes() != key('a').derive("y").bytes());
  CHECK(key('a').derive("x").bytes() != key('b').derive("x").bytes());
  CHECK(Key::random().bytes() != Key::random().bytes());
}

TEST_CASE("crypto: what was signed is taken for its purpose only, and not when a character was changed") {
  const KeyRing ring(key('a'));
  const std::string text = ring.sign("cookie sid", "user=7");
  CHECK(text.substr(43) == "user=7");
  CHECK(ring.verify("cookie sid", text) == "user=7");
  CHECK_FALSE(ring.verify("cookie si", text));
  CHECK_FALSE(ring.verify("cookie sid2", text));
  // The end of the purpose is no beginning of the value.
  CHECK_FALSE(ring.verify("cookie si", text.substr(0, 43) + "d" + text.substr(43)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(changed);
    CHECK_FALSE(ring.verify("cookie sid", changed));
    CHECK_FALSE(ring.verify("cookie sid", text.substr(0, i)));
  }
  CHECK_FALSE(ring.verify("cookie sid", text + "x"));
  CHECK_FALSE(ring.verify("cookie sid", ""));
}

TEST_CASE("crypto: what was sealed is hidden, and taken for its purpose only") {
  const KeyRing ring(key('a'));
  const std::string text = ring.seal("cookie sid", "user=7");
  CHECK(text.find("user") == std::string::npos);
  CHECK(ring.open("cookie sid", text) == "user=7");
  CHECK_FALSE(ring.open("cookie other", text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(ring.open("cookie sid", changed));
    CHECK_FALSE(ring.open("cookie sid", text.substr(0, i)));
  }
  CHECK_FALSE(ring.open("cookie sid", ring.sign("cookie sid", "user=7")));
}

TEST_CASE("crypto: an older key's work is taken until the key is dropped, and never made anew") {
  const KeyRing before(key('a'));
  const KeyRing during(key('b'), {key('a')});
  const KeyRing after(key('b'));
  const std::string is_signed = before.sign("p", "v");
  const std::string sealed = before.seal("p", "v");
  CHECK(during.verify("p", is_signed) == "v");
  CHECK(during.open("p", sealed) == "v");
  CHECK_FALSE(after.verify("p", is_signed));
  CHECK_FALSE(after.open("p", sealed));
  CHECK(after.verify("p", during.sign("p", "v")) == "v");
  CHECK(after.open("p", during.seal("p", "v")) == "v");
}
