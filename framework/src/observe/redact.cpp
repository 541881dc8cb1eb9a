#include <rondeau/observe/redact.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include <rondeau/text/ascii.h>

namespace rondeau::observe {
namespace {

constexpr std::size_t kLongest = 256;

struct Names {
  std::mutex mutex;
  std::vector<std::string> more;  // guarded by it; lower case
};

Names& names() {
  static Names* kept = new Names;  // others may still log while the process ends
  return *kept;
}

bool is_always_sensitive(http::HeaderName name) noexcept {
  using enum http::HeaderName;
  return name == Authorization || name == ProxyAuthorization || name == Cookie || name == SetCookie || name == XApiKey;
}

}  // namespace

void redact(std::initializer_list<std::string_view> more) {
  const std::lock_guard lock(names().mutex);
  for (const std::string_view name : more) names().more.push_back(text::to_lower(name));
}

bool is_sensitive(std::string_view name) {
  if (is_always_sensitive(http::find_header_name(name))) return true;
  const std::lock_guard lock(names().mutex);
  return std::ranges::any_of(names().more,
                             [&](const std::string& hidden) { return text::equals_ignoring_case(hidden, name); });
}

std::string loggable(const http::RequestHeaders& headers) {
  std::string text;
  for (const http::HeaderField& field : headers) {
    if (!text.empty()) text += "; ";
    text.append(field.name).append(": ");
    text += is_sensitive(field.name) ? std::string_view("(hidden)") : field.value.substr(0, kLongest);
  }
  return text;
}

}  // namespace rondeau::observe
