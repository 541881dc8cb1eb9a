// What one run of the program asks the one that serves, which has the same settings.
#pragma once

#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/service/settings.h>

#include "admin/terms.h"
#include "service/listening.h"

namespace rondeau::service {

/// Where a running process can be asked.
struct Reachable {
  std::string base;  ///< of URLs: "http://127.0.0.1:9090"
  std::optional<std::string> unix_socket;
};

/// The admin listener, where its settings name it; nothing for one whose port the system picks.
std::optional<Reachable> admin_of(const std::optional<admin::Terms>& terms);
/// The public listener, where it can be asked in clear text and answers health.
std::optional<Reachable> public_of(const ServerSettings& settings, const ListenTerms& terms);

/// --health-check: asks /readyz, or `url`. Writes why not to stderr. Returns the exit code: 0 ready, 1 not, 2 nobody to ask.
int check_health(const std::string& name, const std::optional<Reachable>& process, const std::optional<std::string>& url);
/// --drain, likewise: 0 it drains, 1 it cannot be told, 2 nobody to tell.
int tell_to_drain(const std::string& name, const std::optional<Reachable>& process, const Secret<std::string>& token);

}  // namespace rondeau::service
