#include "tls/identities.h"

#include <algorithm>
#include <utility>

#include <openssl/err.h>

#include "tls/certificate_text.h"
#include "tls/errors.h"
#include "tls/pem_reader.h"

namespace rondeau::tls {
namespace {

using std::chrono::system_clock;

/// Checks as far as we can without asking anyone, so that a wrong file is met when it is read and not by a client.
Result<void> load_staple(const std::string& path, LoadedIdentity& into) {
  const std::string what = "TLS OCSP response " + path;
  auto der = read_file(path);
  if (!der) return der.error().with(what);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der->data());
  const OcspResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der->size())));
  ERR_clear_error();
  if (response == nullptr) return wrong_setting(what, "it is no OCSP response");
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return wrong_setting(what, "the responder refused to answer");
  }
  const OcspBasicPtr basic(OCSP_response_get1_basic(response.get()));
  OCSP_SINGLERESP* single =
      basic != nullptr && OCSP_resp_count(basic.get()) > 0 ? OCSP_resp_get0(basic.get(), 0) : nullptr;
  ERR_clear_error();
  if (single == nullptr) return wrong_setting(what, "it says nothing about a certificate");
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
  if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(into.certificate.get())) != 0) {
    return wrong_setting(what, "it is about another certificate");
  }
  ASN1_GENERALIZEDTIME* until = nullptr;
  OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &until);
  into.staple_until = until != nullptr ? time_of(until) : into.not_after;
  into.staple = *std::move(der);
  return {};
}

template <class Use>
bool use(const LoadedIdentity& identity, Use use_it) {
  return use_it(identity.certificate.get(), identity.key.get(), identity.chain.get(), 1) == 1;
}

}  // namespace

Result<LoadedIdentity> load_identity(const Identity& from) {
  LoadedIdentity loaded;
  RONDEAU_TRY_PLAIN(auto certificates, read_certificates("certificate", from.certificates));
  RONDEAU_TRY_PLAIN(loaded.key, read_key(from.key));
  loaded.certificate = std::move(certificates.front());
  const std::string name = name_of("certificate", from.certificates);
  const bool fits = X509_check_private_key(loaded.certificate.get(), loaded.key.get()) == 1;
  ERR_clear_error();
  if (!fits) return wrong_setting(name, "its key is not the one of " + name_of("key", from.key));
  loaded.chain.reset(sk_X509_new_null());
  for (auto next = certificates.begin() + 1; next != certificates.end(); ++next) {
    if (sk_X509_push(loaded.chain.get(), next->get()) == 0) return Errc::OutOfMemory;
    static_cast<void>(next->release());
  }
  loaded.not_after = time_of(X509_get0_notAfter(loaded.certificate.get()));
  loaded.names = host_names_of(loaded.certificate.get());
  if (from.ocsp_file) RONDEAU_TRY_VOID_PLAIN(load_staple(*from.ocsp_file, loaded));
  return loaded;
}

bool use_identity(SSL* ssl, const LoadedIdentity& identity) {
  return use(identity, [ssl](auto... what) { return SSL_use_cert_and_key(ssl, what...); });
}
bool use_identity(SSL_CTX* context, const LoadedIdentity& identity) {
  return use(identity, [context](auto... what) { return SSL_CTX_use_cert_and_key(context, what...); });
}

Result<Identities> Identities::load(const std::vector<Identity>& from, SSL_CTX* context) {
  Identities made;
  for (const Identity& identity : from) {
    RONDEAU_TRY_PLAIN(LoadedIdentity loaded, load_identity(identity));
    if (!use_identity(context, loaded))
      return wrong_setting(name_of("certificate", identity.certificates), take_reason());
    made.all_.push_back(std::make_unique<const LoadedIdentity>(std::move(loaded)));
    const LoadedIdentity* here = made.all_.back().get();
    for (const std::string& name : here->names) {
      const bool wildcard = name.starts_with("*.");
      auto& found = wildcard ? made.wildcards_[name.substr(2)] : made.exact_[name];
      if (std::ranges::find(found, here) == found.end()) found.push_back(here);
    }
  }
  if (made.all_.empty()) return wrong_setting("TLS", "a server needs at least one certificate");
  const LoadedIdentity* first = made.all_.front().get();
  // With its twin of another kind of key, if it has one.
  if (!first->names.empty()) {
    const std::string& name = first->names.front();
    made.otherwise_ = name.starts_with("*.") ? made.wildcards_[name.substr(2)] : made.exact_[name];
  } else {
    made.otherwise_ = {first};
  }
  return made;
}

const Identities::Found& Identities::find(std::string_view host) const {
  if (host.empty()) return otherwise_;
  const std::string name = lower_case_host(host);
  if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
  if (const std::size_t dot = name.find('.'); dot != std::string::npos && dot > 0) {
    if (const auto found = wildcards_.find(name.substr(dot + 1)); found != wildcards_.end()) return found->second;
  }
  return otherwise_;
}

const LoadedIdentity* Identities::of(const X509* certificate) const noexcept {
  for (const auto& identity : all_) {
    if (identity->certificate.get() == certificate) return identity.get();
  }
  return nullptr;
}

system_clock::time_point Identities::expires_at() const noexcept {
  system_clock::time_point first = system_clock::time_point::max();
  for (const auto& identity : all_) first = std::min(first, identity->not_after);
  return first;
}

bool is_for_host(X509* certificate, std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string name = lower_case_host(host);
  const bool named =
      X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
  const bool fits = named || X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace rondeau::tls
