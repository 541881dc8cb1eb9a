#include "support/certificates.h"

#include <atomic>
#include <ctime>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace support {
namespace {

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

template <class T>
T* good(T* made) {
  if (made == nullptr) throw std::runtime_error("OpenSSL gave nothing");
  return made;
}
void good(int result) {
  if (result <= 0) throw std::runtime_error("OpenSSL failed");
}

Key make_key(KeyKind kind) {
  switch (kind) {
    case KeyKind::Ecdsa:
      return Key(good(EVP_EC_gen("P-256")));
    case KeyKind::Rsa:
      return Key(good(EVP_RSA_gen(2048)));
    case KeyKind::SmallRsa:
      return Key(good(EVP_RSA_gen(1024)));
  }
  throw std::runtime_error("no such key");
}

std::string text_of(const Bio& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}
std::string pem_of(X509* certificate) {
  const Bio memory(BIO_new(BIO_s_mem()));
  good(PEM_write_bio_X509(memory.get(), certificate));
  return text_of(memory);
}
std::string pem_of(EVP_PKEY* key) {
  const Bio memory(BIO_new(BIO_s_mem()));
  good(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
  return text_of(memory);
}
Certificate certificate_of(const std::string& pem) {
  const Bio memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(good(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)));
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>> extension(
      good(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str())));
  good(X509_add_ext(certificate, extension.get(), -1));
}

/// Everything but what it may be used for, and the signature.
Certificate begin(std::string_view name, EVP_PKEY* key, X509* issuer, std::chrono::hours from, std::chrono::hours to) {
  static std::atomic<long> serial{1000};
  Certificate made(good(X509_new()));
  good(X509_set_version(made.get(), X509_VERSION_3));
  good(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial));
  good(X509_gmtime_adj(X509_getm_notBefore(made.get()), std::chrono::seconds(from).count()));
  good(X509_gmtime_adj(X509_getm_notAfter(made.get()), std::chrono::seconds(to).count()));
  good(X509_set_pubkey(made.get(), key));
  X509_NAME* subject = X509_get_subject_name(made.get());
  good(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                                  static_cast<int>(name.size()), -1, 0));
  good(X509_set_issuer_name(made.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject));
  return made;
}

Certificate make_authority(std::string_view name, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
  Certificate made = begin(name, key, issuer, std::chrono::hours(-24), std::chrono::hours(240));
  extend(made.get(), issuer != nullptr ? issuer : made.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(made.get(), issuer != nullptr ? issuer : made.get(), NID_key_usage,
         "critical,keyCertSign,cRLSign,digitalSignature");
  extend(made.get(), issuer != nullptr ? issuer : made.get(), NID_subject_key_identifier, "hash");
  good(X509_sign(made.get(), signer, EVP_sha256()));
  return made;
}

MadeCertificate make(const CertificateWish& wish, X509* issuer, EVP_PKEY* signer) {
  const Key key = make_key(wish.key);
  const Certificate made = begin(wish.common_name, key.get(), issuer, wish.not_before, wish.not_after);
  X509* const by = issuer != nullptr ? issuer : made.get();
  extend(made.get(), by, NID_basic_constraints, "critical,CA:FALSE");
  std::string names;
  const auto add = [&names](const char* kind, const std::vector<std::string>& values) {
    for (const std::string& value : values) names += (names.empty() ? "" : ",") + std::string(kind) + ":" + value;
  };
  add("DNS", wish.dns);
  add("IP", wish.ip);
  add("URI", wish.uri);
  if (!names.empty()) extend(made.get(), by, NID_subject_alt_name, names);
  std::string purpose = wish.for_servers ? "serverAuth" : "";
  if (wish.for_clients) purpose += (purpose.empty() ? "" : ",") + std::string("clientAuth");
  if (!purpose.empty()) extend(made.get(), by, NID_ext_key_usage, purpose);
  good(X509_sign(made.get(), signer != nullptr ? signer : key.get(), EVP_sha256()));
  return {pem_of(made.get()), pem_of(key.get())};
}

}  // namespace

struct Authority::Inside {
  Key key;
  Certificate certificate;
  std::string pem;
};

Authority::Authority(std::string_view name) : inside_(std::make_unique<Inside>()) {
  inside_->key = make_key(KeyKind::Ecdsa);
  inside_->certificate = make_authority(name, inside_->key.get(), nullptr, inside_->key.get());
  inside_->pem = pem_of(inside_->certificate.get());
}
Authority::Authority(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority::~Authority() = default;

const std::string& Authority::pem() const {
  return inside_->pem;
}

MadeCertificate Authority::issue(const CertificateWish& wish) const {
  return make(wish, inside_->certificate.get(), inside_->key.get());
}

MadeCertificate Authority::self_signed(const CertificateWish& wish) {
  return make(wish, nullptr, nullptr);
}

Authority Authority::intermediate(std::string_view name) const {
  auto made = std::make_unique<Inside>();
  made->key = make_key(KeyKind::Ecdsa);
  made->certificate = make_authority(name, made->key.get(), inside_->certificate.get(), inside_->key.get());
  made->pem = pem_of(made->certificate.get());
  return Authority(std::move(made));
}

std::string Authority::revoke(const std::vector<std::string>& certificates) const {
  const std::unique_ptr<X509_CRL, FreedBy<X509_CRL_free>> list(good(X509_CRL_new()));
  good(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2));
  good(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(inside_->certificate.get())));
  const std::unique_ptr<ASN1_TIME, FreedBy<ASN1_TIME_free>> now(good(X509_gmtime_adj(nullptr, -60)));
  const std::unique_ptr<ASN1_TIME, FreedBy<ASN1_TIME_free>> next(good(X509_gmtime_adj(nullptr, 3600)));
  good(X509_CRL_set1_lastUpdate(list.get(), now.get()));
  good(X509_CRL_set1_nextUpdate(list.get(), next.get()));
  for (const std::string& pem : certificates) {
    const Certificate revoked = certificate_of(pem);
    std::unique_ptr<X509_REVOKED, FreedBy<X509_REVOKED_free>> entry(good(X509_REVOKED_new()));
    good(X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(revoked.get())));
    good(X509_REVOKED_set_revocationDate(entry.get(), now.get()));
    good(X509_CRL_add0_revoked(list.get(), entry.release()));
  }
  good(X509_CRL_sort(list.get()));
  good(X509_CRL_sign(list.get(), inside_->key.get(), EVP_sha256()));
  const Bio memory(BIO_new(BIO_s_mem()));
  good(PEM_write_bio_X509_CRL(memory.get(), list.get()));
  return text_of(memory);
}

std::string Authority::ocsp(const std::string& certificate, std::chrono::seconds valid_for) const {
  const Certificate about = certificate_of(certificate);
  const std::unique_ptr<OCSP_CERTID, FreedBy<OCSP_CERTID_free>> id(
      good(OCSP_cert_to_id(EVP_sha1(), about.get(), inside_->certificate.get())));
  const std::unique_ptr<OCSP_BASICRESP, FreedBy<OCSP_BASICRESP_free>> basic(good(OCSP_BASICRESP_new()));
  const std::unique_ptr<ASN1_TIME, FreedBy<ASN1_TIME_free>> now(good(X509_gmtime_adj(nullptr, -60)));
  const std::unique_ptr<ASN1_TIME, FreedBy<ASN1_TIME_free>> next(good(X509_gmtime_adj(nullptr, valid_for.count())));
  good(OCSP_basic_add1_status(basic.get(), id.get(), V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now.get(), next.get()));
  good(OCSP_basic_sign(basic.get(), inside_->certificate.get(), inside_->key.get(), EVP_sha256(), nullptr, 0));
  const std::unique_ptr<OCSP_RESPONSE, FreedBy<OCSP_RESPONSE_free>> response(
      good(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &der);
  good(size);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::string encrypted_key() {
  const Key key = make_key(KeyKind::Ecdsa);
  const Bio memory(BIO_new(BIO_s_mem()));
  unsigned char phrase[] = "secret";
  good(PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), EVP_aes_256_cbc(), reinterpret_cast<char*>(phrase), 6,
                                     nullptr, nullptr));
  return text_of(memory);
}

}  // namespace support
