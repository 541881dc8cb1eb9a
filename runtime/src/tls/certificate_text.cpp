#include "tls/certificate_text.h"

#include <arpa/inet.h>

#include <ctime>
#include <utility>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace rondeau::tls {
namespace {

constexpr char kHex[] = "0123456789abcdef";

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string text_of(const X509_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  // As UTF-8, so bytes above 127 stay as they are; what could break a line is escaped.
  if (memory == nullptr || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append({kHex[byte >> 4], kHex[byte & 15]});
  }
  return text;
}

std::string serial_of(const X509* certificate) {
  const std::unique_ptr<BIGNUM, FreedBy<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (number == nullptr) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return hex_of(bytes);
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  char text[INET6_ADDRSTRLEN] = {};
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return {};
  return ::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof(text)) != nullptr ? text : "";
}

NamesPtr names_of(const X509* certificate) {
  return NamesPtr(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

void add_names(const X509* certificate, PeerCertificate& into) {
  const NamesPtr names = names_of(certificate);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_DNS:
        into.dns_names.push_back(bytes_of(name->d.dNSName));
        break;
      case GEN_URI:
        into.uris.push_back(bytes_of(name->d.uniformResourceIdentifier));
        break;
      case GEN_EMAIL:
        into.email_addresses.push_back(bytes_of(name->d.rfc822Name));
        break;
      case GEN_IPADD:
        into.ip_addresses.push_back(address_of(name->d.iPAddress));
        break;
      default:
        break;
    }
  }
}

}  // namespace

std::string lower_case_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string lower(host);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::vector<std::string> host_names_of(X509* certificate) {
  std::vector<std::string> hosts;
  const NamesPtr names = names_of(certificate);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) hosts.push_back(lower_case_host(bytes_of(name->d.dNSName)));
  }
  if (hosts.empty()) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) hosts.push_back(lower_case_host(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))));
  }
  ERR_clear_error();
  return hosts;
}

std::shared_ptr<const PeerCertificate> describe(X509* certificate) {
  auto made = std::make_shared<PeerCertificate>();
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const MemoryPtr owned(der);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  if (size <= 0 || X509_digest(certificate, EVP_sha256(), digest, &digest_size) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  made->der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  made->sha256 = hex_of({reinterpret_cast<const char*>(digest), digest_size});
  made->subject = text_of(X509_get_subject_name(certificate));
  made->issuer = text_of(X509_get_issuer_name(certificate));
  made->serial = serial_of(certificate);
  made->not_before = time_of(X509_get0_notBefore(certificate));
  made->not_after = time_of(X509_get0_notAfter(certificate));
  add_names(certificate, *made);
  ERR_clear_error();
  return made;
}

}  // namespace rondeau::tls
