#include "testing/throwaway_identity.h"

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace rondeau::testing {
namespace {

constexpr long kDay = 24 * 60 * 60;

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

void good(bool worked) {
  if (!worked) throw std::runtime_error("TestApp: OpenSSL makes no certificate");
}

std::string text_of(const Bio& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Certificate self_signed(EVP_PKEY* key) {
  Certificate made(X509_new());
  good(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1);
  good(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1) == 1);
  good(X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay) != nullptr);
  good(X509_gmtime_adj(X509_getm_notAfter(made.get()), kDay) != nullptr);
  X509_NAME* const name = X509_get_subject_name(made.get());
  const auto* const text = reinterpret_cast<const unsigned char*>("TestApp");
  good(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  good(X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key) == 1);
  good(X509_sign(made.get(), key, EVP_sha256()) > 0);
  return made;
}

tls::Identity make_identity() {
  const Key key(EVP_EC_gen("P-256"));
  good(key != nullptr);
  const Certificate certificate = self_signed(key.get());
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  good(certificate_text != nullptr && PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  good(key_text != nullptr &&
       PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {.certificates = tls::Pem::text(text_of(certificate_text)), .key = tls::Pem::text(text_of(key_text))};
}

}  // namespace

const ThrowawayIdentity& throwaway_identity() {
  static const ThrowawayIdentity made{
      tls::ServerConfig::make({.identities = {make_identity()}}).value(),
      tls::ClientConfig::make({.ca = std::nullopt, .danger_accept_invalid_certificates = true}).value(),
  };
  return made;
}

}  // namespace rondeau::testing
