#include "routing/hosts.h"

#include <utility>

#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace rondeau::routing {
namespace {

/// What a name has room for (RFC 1035 §2.3.4). Longer ones are nobody's, and looking for their suffixes would cost.
constexpr std::size_t kMaxName = 255;

}  // namespace

bool HostTable::is_pattern(std::string_view pattern) noexcept {
  if (pattern.starts_with("*.")) pattern.remove_prefix(2);
  return pattern.find('*') == std::string_view::npos && !pattern.ends_with('.') && url::is_valid_host(pattern);
}

void HostTable::insert(std::string pattern, std::size_t value) {
  values_.emplace(std::move(pattern), value);
}

std::optional<std::size_t> HostTable::find(std::string_view authority) const {
  const std::optional<url::Authority> asked = url::parse_authority(authority);
  if (!asked || asked->host.size() > kMaxName) return std::nullopt;
  std::string name = text::to_lower(asked->host);
  if (name.ends_with('.')) name.pop_back();  // an absolute name
  if (auto found = values_.find(name); found != values_.end()) return found->second;
  // From the longest suffix to the shortest; one label at least stands for the asterisk.
  for (std::size_t dot = name.find('.', 1); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    name[dot - 1] = '*';
    if (auto found = values_.find(name.substr(dot - 1)); found != values_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace rondeau::routing
