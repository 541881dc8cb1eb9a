// Owning pointers to what OpenSSL counts or frees.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace rondeau::tls {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

/// CRYPTO_free wants to know where.
struct FreedAsMemory {
  void operator()(unsigned char* memory) const noexcept { OPENSSL_free(memory); }
};

inline void free_certificates(STACK_OF(X509) * certificates) noexcept {
  sk_X509_pop_free(certificates, X509_free);
}

using BioPtr = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using SslPtr = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, FreedBy<X509_free>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), FreedBy<free_certificates>>;
using RevocationListPtr = std::unique_ptr<X509_CRL, FreedBy<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreedBy<GENERAL_NAMES_free>>;
using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreedBy<OCSP_RESPONSE_free>>;
using OcspBasicPtr = std::unique_ptr<OCSP_BASICRESP, FreedBy<OCSP_BASICRESP_free>>;
using MemoryPtr = std::unique_ptr<unsigned char, FreedAsMemory>;

}  // namespace rondeau::tls
