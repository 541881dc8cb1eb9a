#include <rondeau/crypto/signature.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/crypto/digest.h>
#include <rondeau/crypto/random.h>
#include <rondeau/text/base64.h>

#include "support/test_keys.h"

using namespace rondeau;
using crypto::PrivateKey;
using crypto::SignatureAlgorithm;
using crypto::VerifyingKey;

namespace {

std::string decoded(std::string_view text) {
  return text::base64_decode(text, text::Base64Form::Url).value();
}

constexpr std::string_view kJoe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

}  // namespace

TEST_CASE("crypto: signatures of RFC 7515 appendix A and RFC 8037 §A.4 are verified") {
  struct Case {
    VerifyingKey key;
    std::string message;
    std::string_view signature;
  };
  const Case cases[] = {
      {VerifyingKey::hs256(
           decoded("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
           .value(),
       "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(kJoe), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
      {VerifyingKey::from_pem(SignatureAlgorithm::Rs256, support::kRfcRsaPublic).value(),
       "eyJhbGciOiJSUzI1NiJ9." + std::string(kJoe),
       "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
       "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
       "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy"
       "pGlUPQGe77Rw"},
      {VerifyingKey::from_pem(SignatureAlgorithm::Es256, support::kEs256Public).value(),
       "eyJhbGciOiJFUzI1NiJ9." + std::string(kJoe),
       "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
      {VerifyingKey::from_pem(SignatureAlgorithm::EdDsa, support::kEd25519Public).value(),
       "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
  };
  for (const Case& row : cases) {
    CAPTURE(crypto::to_string(row.key.algorithm()));
    const std::string signature = decoded(row.signature);
    CHECK(row.key.verify(row.message, signature));
    CHECK_FALSE(row.key.verify(row.message + "x", signature));
    CHECK_FALSE(row.key.verify(row.message, ""));
    CHECK_FALSE(row.key.verify(row.message, signature.substr(1)));
    CHECK_FALSE(row.key.verify(row.message, signature + '\0'));
    CHECK_FALSE(row.key.verify(row.message, std::string(signature.size(), '\0')));
    CHECK_FALSE(row.key.verify(row.message, std::string(signature.size(), '\xff')));
    for (std::size_t i = 0; i < signature.size(); i += 7) {
      std::string changed = signature;
      changed[i] ^= 1;
      CHECK_FALSE(row.key.verify(row.message, changed));
    }
  }
}

TEST_CASE("crypto: what a key signs its verifying key takes, in the length of RFC 7518") {
  struct Case {
    PrivateKey key;
    std::size_t size;
  };
  const Case cases[] = {
      {PrivateKey::hs256(std::string(32, 'k')).value(), 32},
      {PrivateKey::from_pem(SignatureAlgorithm::Rs256, support::kRs256Private).value(), 256},
      {PrivateKey::from_pem(SignatureAlgorithm::Es256, support::kEs256Private).value(), 64},
      {PrivateKey::from_pem(SignatureAlgorithm::EdDsa, support::kEd25519Private).value(), 64},
  };
  for (const Case& row : cases) {
    CAPTURE(crypto::to_string(row.key.algorithm()));
    // ECDSA's numbers are shorter than 32 bytes now and then.
    for (int i = 0; i < 16; ++i) {
      const std::string message = "message " + std::to_string(i);
      const std::string signature = row.key.sign(message);
      CHECK(signature.size() == row.size);
      CHECK(row.key.verifying_key().verify(message, signature));
    }
    CHECK(row.key.verifying_key().verify("", row.key.sign("")));
  }
}

TEST_CASE("crypto: a key of another kind, or one that is too weak, is no key") {
  const auto refused = [](SignatureAlgorithm algorithm, std::string_view pem) {
    const auto key = VerifyingKey::from_pem(algorithm, pem);
    return !key && key.error() == Errc::InvalidArgument;
  };
  CHECK(refused(SignatureAlgorithm::Rs256, support::kRsa1024Public));
  CHECK(refused(SignatureAlgorithm::Rs256, support::kEs256Public));
  CHECK(refused(SignatureAlgorithm::Es256, support::kP384Public));
  CHECK(refused(SignatureAlgorithm::Es256, support::kRs256Public));
  CHECK(refused(SignatureAlgorithm::EdDsa, support::kEs256Public));
  CHECK(refused(SignatureAlgorithm::Hs256, support::kRs256Public));
  CHECK(refused(SignatureAlgorithm::Es256, support::kEs256Private));
  CHECK(refused(SignatureAlgorithm::Es256, ""));
  CHECK(refused(SignatureAlgorithm::Es256, support::kEs256Public.substr(0, 60)));
  CHECK_FALSE(PrivateKey::from_pem(SignatureAlgorithm::Es256, support::kEs256Public));
  CHECK_FALSE(VerifyingKey::hs256(std::string(31, 'k')));
  CHECK_FALSE(PrivateKey::hs256(std::string(31, 'k')));
  CHECK(VerifyingKey::hs256(std::string(32, 'k')));
}

TEST_CASE("crypto: SHA-256 gives the digests of FIPS 180-4's examples, and parts do not run into each other") {
  CHECK(text::hex_encode(crypto::sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(text::hex_encode(crypto::sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::sha256_of_parts({"ab", "c"}) != crypto::sha256_of_parts({"a", "bc"}));
  CHECK(crypto::sha256_of_parts({"abc"}) != crypto::sha256_of_parts({"abc", ""}));
  CHECK(crypto::sha256_of_parts({"abc"}) == crypto::sha256(std::string("\0\0\0\0\0\0\0\x03", 8) + "abc"));
}

TEST_CASE("crypto: random tokens are base64url of as many bytes as asked for, and differ") {
  const std::string token = random_token();
  CHECK(token.size() == 43);
  CHECK(decoded(token).size() == 32);
  CHECK(random_token(16).size() == 22);
  CHECK(random_token() != token);
}
