#include "service/admin_terms.h"

#include <algorithm>
#include <string_view>

#include <rondeau/base/socket_address.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace rondeau::service {
namespace {

/// What can stand behind "Bearer" (RFC 6750 §2.1).
bool is_sendable(std::string_view token) {
  const std::size_t padding = token.find_last_not_of('=') + 1;
  return padding > 0 && std::ranges::all_of(token.substr(0, padding), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

bool is_for_this_machine(const base::SocketAddress& address) {
  return address.is_unix() || address.ip().is_loopback();
}

}  // namespace

std::optional<admin::Terms> judge_admin(const AdminSettings& settings, Profile profile,
                                        std::vector<std::string>& mistakes) {
  if (!settings.token.empty() && !is_sendable(settings.token.reveal())) {
    mistakes.push_back("admin.token: must be letters, digits and -._~+/, so that it can be sent");
  }
  for (const std::string& host : settings.hosts) {
    if (!url::is_valid_host(host)) mistakes.push_back("admin.hosts: must be names without ports, not \"" + host + "\"");
  }
  const std::string listen = settings.listen.value_or(profile == Profile::Dev ? "127.0.0.1:0" : "");
  if (listen.empty()) return std::nullopt;
  const auto address = base::SocketAddress::parse(listen);
  if (!address || (address->is_unix() && address->path().empty())) {
    mistakes.push_back("admin.listen: must be an address such as 127.0.0.1:9090 or unix:/run/x.sock, not \"" + listen +
                       "\"");
    return std::nullopt;
  }
  const bool is_guarded = is_for_this_machine(*address) || !settings.token.empty();
  const AdminScope scope = settings.scope.value_or(is_guarded ? AdminScope::full : AdminScope::read);
  if (scope == AdminScope::full && !is_guarded) {
    mistakes.push_back("admin.scope: full on " + listen + ", where others can connect, needs an admin.token");
  }
  return admin::Terms{*address, scope, settings.token, settings.hosts};
}

}  // namespace rondeau::service
