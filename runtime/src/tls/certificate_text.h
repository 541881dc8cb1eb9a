// What stands in certificates, as C++ knows it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/tls/peer_certificate.h>

#include "tls/handles.h"

namespace rondeau::tls {

/// Lower case, without a dot at the end.
std::string lower_case_host(std::string_view host);
std::chrono::system_clock::time_point time_of(const ASN1_TIME* time);
/// Those a certificate is for, in lower case: its DNS names, or its common name where it has none.
std::vector<std::string> host_names_of(X509* certificate);
/// Null where it cannot be read.
std::shared_ptr<const PeerCertificate> describe(X509* certificate);

}  // namespace rondeau::tls
