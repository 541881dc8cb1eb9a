// Requests put together from framing fields, spellings, positions and chunk forms, some of them wrong, each with a
// marker behind it. What they are is judged twice: by the parser, and by a reader of its own that knows nothing of
// speed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/parser_peer.h"
#include "support/table_lines.h"
#include "support/wire_ways.h"

using namespace rondeau;
using testing::kMarker;

namespace {

enum class End { Done, Closed, Unfinished, Refused };

/// What a stream of requests came to.
struct Outcome {
  std::vector<std::pair<std::string, std::string>> served;  ///< targets and bodies
  End end = End::Done;

  bool operator==(const Outcome&) const = default;
};

/// RFC 9112 as we keep it, for the forms that are generated here.
class Oracle {
 public:
  explicit Oracle(std::string_view bytes) : rest_(bytes) {}

  Outcome judge() {
    while (outcome_.end == End::Done && !rest_.empty()) request();
    return std::move(outcome_);
  }

 private:
  static constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static constexpr std::string_view kHex = "0123456789abcdefABCDEF";

  void stop(End end) {
    if (outcome_.end == End::Done) outcome_.end = end;
  }
  bool stopped() const { return outcome_.end != End::Done; }
  static bool only(std::string_view text, std::string_view of) {
    return !text.empty() && text.find_first_not_of(of) == std::string_view::npos;
  }
  static std::string lower(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }

  /// A line without its end.
  std::string_view line() {
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      if (byte == '\r' && i + 1 == rest_.size()) break;
      if (byte == '\r' && rest_[i + 1] == '\n') {
        const std::string_view found = rest_.substr(0, i);
        rest_.remove_prefix(i + 2);
        return found;
      }
      if (byte == 0x7f || (byte < 0x20 && byte != '\t')) return stop(End::Refused), std::string_view();
    }
    return stop(End::Unfinished), std::string_view();
  }

  std::vector<std::pair<std::string, std::string>> fields() {
    std::vector<std::pair<std::string, std::string>> found;
    for (;;) {
      if (rest_.starts_with(' ') || rest_.starts_with('\t') || rest_.starts_with(':')) return stop(End::Refused), found;
      const std::string_view text = line();
      if (stopped() || text.empty()) return found;
      const std::size_t colon = text.find(':');
      if (colon == std::string_view::npos || !only(text.substr(0, colon), kToken)) return stop(End::Refused), found;
      std::string_view value = text.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      value = value.substr(0, value.find_last_not_of(" \t") + 1);
      found.emplace_back(lower(text.substr(0, colon)), value);
    }
  }

  void request() {
    for (int blank = 0; rest_.starts_with("\r\n"); ++blank) {
      if (blank == 2) return stop(End::Refused);
      rest_.remove_prefix(2);
    }
    if (rest_.empty()) return;
    const std::string_view first = line();
    if (stopped()) return;
    const std::size_t a = first.find(' ');
    const std::size_t b = first.rfind(' ');
    if (a == b || first.substr(a + 1, b - a - 1).find_first_of(" %") != std::string_view::npos)
      return stop(End::Refused);
    const std::string_view method = first.substr(0, a);
    const std::string_view target = first.substr(a + 1, b - a - 1);
    const bool eleven = first.substr(b + 1) == "HTTP/1.1";
    if (method != "GET" && method != "POST") return stop(End::Refused);
    if (!target.starts_with('/') || (!eleven && first.substr(b + 1) != "HTTP/1.0")) return stop(End::Refused);
    std::vector<std::string> lengths;
    std::vector<std::string> codings;
    std::size_t hosts = 0;
    for (const auto& [name, value] : fields()) {
      if (name == "content-length") lengths.push_back(value);
      if (name == "transfer-encoding") codings.push_back(value);
      if (name == "host") hosts += only(value, kToken) ? 1 : 2;
    }
    if (stopped()) return;
    if (hosts > 1 || (hosts == 0 && eleven)) return stop(End::Refused);
    std::string body;
    if (!codings.empty()) {
      if (!eleven || !lengths.empty() || codings.size() > 1 || lower(codings[0]) != "chunked")
        return stop(End::Refused);
      body = chunks();
    } else if (!lengths.empty()) {
      if (lengths.size() > 1 || !only(lengths[0], "0123456789") || lengths[0].size() > 15) return stop(End::Refused);
      body = take(std::stoull(lengths[0]));
    }
    if (stopped()) return;
    outcome_.served.emplace_back(target, body);
    if (!eleven) stop(End::Closed);
  }

  std::string take(std::size_t size) {
    if (rest_.size() < size) return stop(End::Unfinished), std::string();
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return taken;
  }

  void expect(std::string_view text) {
    for (const char c : text) {
      if (rest_.empty()) return stop(End::Unfinished);
      if (rest_.front() != c) return stop(End::Refused);
      rest_.remove_prefix(1);
    }
  }

  std::string chunks() {
    std::string all;
    for (;;) {
      std::size_t digits = 0;
      while (digits < rest_.size() && kHex.find(rest_[digits]) != std::string_view::npos) ++digits;
      if (digits == rest_.size()) return stop(End::Unfinished), all;
      if (digits == 0) return stop(End::Refused), all;
      const std::string size(rest_.substr(0, digits));
      rest_.remove_prefix(digits);
      extension();
      expect("\r\n");
      if (stopped()) return all;
      const std::size_t zeros = std::min(size.find_first_not_of('0'), size.size());
      if (size.size() - zeros > 15) return stop(End::Refused), all;
      const std::size_t bytes = std::stoull(size, nullptr, 16);
      if (bytes == 0) break;
      all += take(bytes);
      expect("\r\n");
      if (stopped()) return all;
    }
    fields();
    return all;
  }

  /// `;name` or `;name=value`, as they are generated. Where the value is empty no token is (RFC 9112 §7.1.1), and the
  /// chunk ends where it would.
  void extension() {
    for (const char mark : {';', '='}) {
      if (!rest_.starts_with(mark)) return;
      std::size_t end = 1;
      while (end < rest_.size() && rest_[end] >= 'a' && rest_[end] <= 'z') ++end;
      if (end == rest_.size()) return stop(End::Unfinished);
      if (end == 1 && mark == ';') return stop(End::Refused);
      rest_.remove_prefix(end);
    }
  }

  std::string_view rest_;
  Outcome outcome_;
};

/// Puts requests together; of each choice the first is the usual one, and the most likely.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  std::string request() {
    content_.assign(below(12), 'c');
    if (below(3) == 0) content_ = kMarker;
    std::string head =
        one_of({"POST", "GET"}) + " /a " + one_of({"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"}) + end();
    std::vector<std::string> lines = {"Host: a" + end(), "X: y" + end()};
    const bool is_chunked = below(2) == 0;
    for (std::size_t i = below(8) == 0 ? 2 : 1; i > 0; --i) lines.push_back(is_chunked ? coding() : length());
    if (below(8) == 0) lines.push_back(is_chunked ? length() : coding());
    std::shuffle(lines.begin(), lines.end(), random_);
    for (const std::string& line : lines) head += line;
    return head + end() + (is_chunked ? chunked() : content_);
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string one_of(std::initializer_list<const char*> texts) {
    const bool usual = below(4) != 0;
    return usual ? *texts.begin() : texts.begin()[below(texts.size())];
  }
  std::string rarely(std::initializer_list<const char*> texts) {
    return below(6) == 0 ? one_of(texts) : std::string(*texts.begin());
  }
  std::string end() {
    return below(40) == 0 ? one_of({"\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\r\n\t"}) : "\r\n";
  }
  std::string colon() { return rarely({": ", ":", ":\t", " : ", " :", "\t:", ":\x0b", ": \t"}); }

  std::string length() {
    const std::string size = std::to_string(content_.size());
    const std::string name = rarely({"Content-Length", "content-length", "CONTENT-LENGTH", "Content_Length",
                                     "Content-Length\xa0", " Content-Length", "X-Content-Length", "Content-\x7f" "Length"});
    const std::string before = rarely({"", "0", "+", "-", "0x", "0,", " ", "\xa0", "1"});
    const std::string behind = rarely({"", " ", ",", ", 0", "0", ".0", ";", "\xa0", "\x0c"});
    return name + colon() + before + size + behind + end();
  }
  std::string coding() {
    const std::string name =
        rarely({"Transfer-Encoding", "transfer-encoding", "TRANSFER-ENCODING", "Transfer_Encoding",
                "Transfer-Encoding\xa0", " Transfer-Encoding", "X-Transfer-Encoding", "Transfer-\x01-Encoding"});
    const std::string value =
        rarely({"chunked", "Chunked", "CHUNKED", "gzip, chunked", "chunked, identity", "identity", ",chunked",
                "chunked,", "chunked, chunked", "xchunked", "chunkedx", "\"chunked\"", "chunked;q=1", "",
                "\x0b"
                "chunked",
                "chunked\x0c", "chun ked", "chunked\xa0"});
    return name + colon() + value + end();
  }
  std::string chunked() {
    std::string out;
    for (std::size_t at = 0; at < content_.size();) {
      const std::size_t size = 1 + below(content_.size() - at);
      out += rarely({"", "0", "00", "+", "-", "0x", " ", "\xa0"}) + hex(size) + extension() + end();
      out += content_.substr(at, size) + rarely({"\r\n", "\n", "", "\r", "xx", "\r\n\r\n", " \r\n"});
      at += size;
    }
    out += rarely({"0", "00", "000", "0x0", "-0", ""}) + extension() + end();
    return out + rarely({"", "X: y\r\n", "X : y\r\n", "X\r\n", " X: y\r\n", "X: y\n"}) + end();
  }
  std::string extension() { return rarely({"", ";a", ";a=b", " ;a", ";", ";a=", ";\n", " "}); }
  static std::string hex(std::size_t number) {
    std::string out;
    for (; number > 0; number /= 16) out.insert(out.begin(), "0123456789abcdef"[number % 16]);
    return out;
  }

  std::mt19937_64 random_;
  std::string content_;
};

Outcome outcome_of(const std::vector<testing::WireVerdict>& verdicts) {
  Outcome outcome;
  for (const testing::WireVerdict& verdict : verdicts) {
    if (verdict.status == 200) outcome.served.emplace_back(*verdict.target, *verdict.body);
    outcome.end = verdict.status == 200 ? (verdict.kept ? End::Done : End::Closed)
                  : verdict.status == 0 ? End::Unfinished
                                        : End::Refused;
  }
  return outcome;
}

std::string describe(const Outcome& outcome) {
  constexpr std::string_view ends[] = {"done", "closed", "unfinished", "refused"};
  std::string text;
  for (const auto& [target, body] : outcome.served) text += target + " with " + testing::escape_wire(body) + "; ";
  return text + std::string(ends[static_cast<std::size_t>(outcome.end)]);
}

}  // namespace

TEST_CASE("parser: of framing put together at random it makes what a plain reader does, and no marker is mixed up") {
  const std::uint64_t seed = std::random_device()();
  INFO("seed ", seed);
  Maker maker(seed);
  const char* rounds = std::getenv("RONDEAU_ROUNDS");
  const int times = 10'000 * (rounds != nullptr ? std::atoi(rounds) : 1);
  const http::Limits limits;
  int marked = 0;
  for (int i = 0; i < times; ++i) {
    const std::string input = maker.request() + std::string(kMarker);
    const std::size_t cut = maker.below(input.size());
    testing::ParserPeer peer(limits);
    peer.feed(std::string_view(input).substr(0, cut));
    peer.feed(std::string_view(input).substr(cut));
    const Outcome found = outcome_of(peer.finish());
    const Outcome expected = Oracle(input).judge();
    INFO(testing::escape_wire(input), ": it is ", describe(found), "; it should be ", describe(expected));
    REQUIRE((found == expected));
    marked += !found.served.empty() && found.served.back().first == "/marker";
  }
  // Neither all nor none are plain.
  CHECK(marked > times / 20);
  CHECK(marked < times * 19 / 20);
}
