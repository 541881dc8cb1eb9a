// Our URLs and those of uriparser, an RFC 3986 parser of others: what both take means the same, and what it refuses we
// refuse.
#if __has_include(<uriparser/Uri.h>)

#include <cstddef>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include <uriparser/Uri.h>

#include <doctest/doctest.h>

#include <rondeau/url/url.h>

using namespace rondeau;

namespace {

std::string text_of(const UriTextRangeA& range) {
  return range.first == nullptr ? std::string() : std::string(range.first, range.afterLast);
}

/// A parsed URI. The text lives as long.
class TheirUri {
 public:
  explicit TheirUri(std::string text) : text_(std::move(text)) {
    const char* stop = nullptr;
    good_ = ::uriParseSingleUriA(&uri_, text_.c_str(), &stop) == URI_SUCCESS;
  }
  TheirUri(const TheirUri& reference, const TheirUri& base) {
    good_ = ::uriAddBaseUriExA(&uri_, &reference.uri_, &base.uri_, URI_RESOLVE_STRICTLY) == URI_SUCCESS;
  }
  TheirUri(const TheirUri&) = delete;
  TheirUri& operator=(const TheirUri&) = delete;
  ~TheirUri() {
    if (good_) ::uriFreeUriMembersA(&uri_);
  }
  bool good() const { return good_; }

  /// In its one spelling, as far as uriparser knows it; without fragment, user information and default port. Nothing
  /// for what is no http URL with a host.
  std::optional<std::string> spelling() {
    if (::uriNormalizeSyntaxA(&uri_) != URI_SUCCESS) return std::nullopt;
    const std::string scheme = text_of(uri_.scheme);
    const bool six = uri_.hostData.ip6 != nullptr;
    if ((scheme != "http" && scheme != "https") || (text_of(uri_.hostText).empty() && !six)) return std::nullopt;
    std::string text = scheme + "://" + (six ? "[" : "") + text_of(uri_.hostText) + (six ? "]" : "");
    const std::string port = text_of(uri_.portText);
    if (!port.empty() && port != (scheme == "http" ? "80" : "443")) text += ":" + port;
    if (uri_.pathHead == nullptr) text += "/";
    for (const UriPathSegmentA* at = uri_.pathHead; at != nullptr; at = at->next) text += "/" + text_of(at->text);
    if (uri_.query.first != nullptr) text += "?" + text_of(uri_.query);
    return text;
  }

 private:
  std::string text_;
  UriUriA uri_{};
  bool good_ = false;
};

std::string random_reference(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      "a",   "b",   "C",   "..",  ".",   "/",     "/",   "//",      "?",      "q=1",      "&",
      "#",   "f",   ":",   "x:y", "g:h", "http",  "://", "http:",   "https:", "http://h", "https://",
      "@",   "%41", "%2f", "%7e", "%",   "[::1]", ":80", ":8",      ":443",   ";",        "=",
      "...", "-",   "_",   "~",   "!",   " ",     "\\",  "1.2.3.4",
  };
  std::string text;
  for (std::size_t count = random() % 9; count > 0; --count) text += kPieces[random() % std::size(kPieces)];
  return text;
}

}  // namespace

TEST_CASE("url: references mean what uriparser says") {
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::size_t taken = 0;
  for (int round = 0; round < 50'000; ++round) {
    static constexpr std::string_view kBases[] = {"http://a/b/c/d;p?q", "https://h:8443", "http://[::1]/x/../y/",
                                                  "http://1.2.3.4/?q/r"};
    const std::string base = std::string(kBases[random() % std::size(kBases)]);
    const std::string text = random_reference(random);
    const auto ours = Url::parse(base).value().resolve(text);
    const TheirUri their_base(base);
    const TheirUri their_reference(text.substr(0, text.find('#')));  // what we drop, we do not look at
    REQUIRE(their_base.good());
    if (!ours) continue;
    CAPTURE(base);
    CAPTURE(text);
    CAPTURE(ours->text());
    // A bracket outside of a host is what we encode and they refuse.
    if (!their_reference.good() && text.find('[') != std::string::npos) continue;
    REQUIRE(their_reference.good());
    TheirUri theirs(their_reference, their_base);
    REQUIRE(theirs.good());
    // Both in their spelling: which characters are encoded for nothing is not what is compared.
    REQUIRE(TheirUri(ours->text()).spelling() == theirs.spelling());
    ++taken;
  }
  CHECK(taken > 10'000);
}

#endif
