// URLs and references: whatever they are read from, one spelling comes out, and it is a target that servers take.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/url/authority.h>
#include <rondeau/url/origin.h>
#include <rondeau/url/target.h>
#include <rondeau/url/url.h>

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Url& url) {
  const std::string& text = url.text();
  require(text.size() <= Url::kMaxLength);
  for (const char c : text) require(c > ' ' && c < 0x7F && c != '\\' && c != '#');
  require(text == std::string(url.scheme()) + "://" + std::string(url.authority()) + std::string(url.path_and_query()));
  require(std::string(url.origin()) == std::string(url.scheme()) + "://" + std::string(url.authority()));
  require(Url::parse(text).value() == url);
  require(url.resolve(text).value() == url && url.resolve("").value() == url);

  require(url::is_valid_authority(url.authority()) && url::is_valid_host(url.host()));
  const auto origin = url::parse_origin(url.origin());
  require(origin && origin->secure == url.is_secure() && origin->port == url.port() &&
          origin->to_string() == url.origin());
  const auto target = url::parse_target(url.path_and_query());
  require(target && target->path.in(url.path_and_query()) == url.path() && target->has_query == url.has_query());

  Url longer = url;
  if (longer.add_query_pair("a b", "c&d")) require(longer.query().ends_with("a+b=c%26d"));
  static_cast<void>(url.redacted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto url = Url::parse(input)) check(*url);
  static const Url kBase = Url::parse("https://example.org:8443/b/c/d;p?q").value();
  if (const auto url = kBase.resolve(input)) check(*url);
  return 0;
}
