#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/crypto/aes_gcm.h>
#include <rondeau/crypto/digest.h>
#include <rondeau/crypto/hmac.h>
#include <rondeau/text/base64.h>

using namespace rondeau;

namespace {

std::string bytes(std::string_view hex) {
  return text::hex_decode(hex).value();
}

}  // namespace

TEST_CASE("crypto: SHA-256 gives the digests of FIPS 180-4, whole and in pieces") {
  struct Case {
    std::string message;
    std::string_view digest;
  };
  const Case cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const Case& row : cases) {
    CHECK(text::hex_encode(crypto::sha256(row.message)) == row.digest);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{65}}) {
      crypto::Sha256 digest;
      for (std::size_t at = 0; at < row.message.size(); at += piece) {
        digest.add(std::string_view(row.message).substr(at, piece));
      }
      CHECK(text::hex_encode(digest.finish()) == row.digest);
    }
  }
}

TEST_CASE("crypto: HMAC-SHA256 gives the codes of RFC 4231 §4") {
  struct Case {
    std::string key;
    std::string message;
    std::string_view mac;
  };
  const Case cases[] = {
      {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
       "hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.message);
    CHECK(text::hex_encode(crypto::hmac_sha256(row.key, row.message).view()) == row.mac);
  }
  CHECK(crypto::hmac_sha256("", "").view() == crypto::hmac_sha256(std::string_view(), std::string_view()).view());
}

TEST_CASE("crypto: HKDF-SHA256 gives the keys of RFC 5869 appendix A") {
  struct Case {
    std::string secret;
    std::string salt;
    std::string info;
    std::string_view key;
  };
  std::string to_4f;
  std::string from_60;
  std::string from_b0;
  for (int i = 0; i < 80; ++i) {
    to_4f += static_cast<char>(i);
    from_60 += static_cast<char>(0x60 + i);
    from_b0 += static_cast<char>(0xb0 + i);
  }
  const Case cases[] = {
      {std::string(22, '\x0b'), bytes("000102030405060708090a0b0c"), bytes("f0f1f2f3f4f5f6f7f8f9"),
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {to_4f, from_60, from_b0,
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
       "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {std::string(22, '\x0b'), "", "",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (const Case& row : cases) {
    std::string key(row.key.size() / 2, '\0');
    crypto::hkdf_sha256(key.data(), key.size(), row.secret, row.salt, row.info);
    CHECK(text::hex_encode(key) == row.key);
  }
}

TEST_CASE("crypto: AES-256-GCM opens the packet of RFC 7714 §16.2.1 and the text of the GCM submission's case 16") {
  struct Case {
    std::string key;
    std::string nonce;
    std::string associated;
    std::string plaintext;
    std::string ciphertext_and_tag;
  };
  const Case cases[] = {
      {bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), bytes("51753c6580c2726f20718414"),
       bytes("8040f17b8041f8d35501a0b2"), "Gallia est omnis divisa in partes tres",
       bytes("32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a7"
             "6c13")},
      {bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), bytes("cafebabefacedbaddecaf888"),
       bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
       bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
             "aa0de657ba637b39"),
       bytes("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63"
             "93ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")},
  };
  for (const Case& row : cases) {
    const std::string sealed = row.nonce + row.ciphertext_and_tag;
    const auto opened = crypto::aes256_gcm_open(row.key, sealed, row.associated);
    REQUIRE(opened);
    CHECK(*opened == row.plaintext);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      CHECK_FALSE(crypto::aes256_gcm_open(row.key, changed, row.associated));
      CHECK_FALSE(crypto::aes256_gcm_open(row.key, std::string_view(sealed).substr(0, i), row.associated));
    }
    CHECK_FALSE(crypto::aes256_gcm_open(row.key, sealed, row.associated + "x"));
  }
}

TEST_CASE("crypto: what is sealed is opened again, and sealed twice is not the same") {
  const std::string key(crypto::kAes256KeySize, 'k');
  for (std::size_t size : {0u, 1u, 16u, 1000u}) {
    const std::string text(size, 't');
    const std::string sealed = crypto::aes256_gcm_seal(key, text, "for");
    CHECK(sealed.size() == crypto::kGcmNonceSize + size + crypto::kGcmTagSize);
    CHECK(crypto::aes256_gcm_open(key, sealed, "for") == text);
    CHECK(crypto::aes256_gcm_seal(key, text, "for") != sealed);
  }
  CHECK(crypto::aes256_gcm_open(key, crypto::aes256_gcm_seal(key, "x", ""), "") == "x");
}

TEST_CASE("crypto: texts are compared whole") {
  CHECK(crypto::equal_in_constant_time("", ""));
  CHECK(crypto::equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "ab"));
}
