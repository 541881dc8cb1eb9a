#include "http/response_encoder.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include <rondeau/base/wall_clock.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

#include "http/field_check.h"
#include "http/status_line.h"

namespace rondeau::http {

namespace {

/// What the response's fields say about framing and connection.
struct Fields {
  std::optional<std::uint64_t> length;
  bool bad_length = false;
  bool coding = false;
  bool close = false;
  bool date = false;
  bool server = false;
  bool upgrade = false;
  int content_types = 0;

  /// False for a field that does not go out as it stands: frame() turns it into something else.
  bool note(const HeaderField& field, StatusCode status) noexcept;
};

inline bool Fields::note(const HeaderField& field, StatusCode status) noexcept {
  switch (field.id) {
    case HeaderName::ContentLength: {
      std::uint64_t number = 0;
      const char* end = field.value.data() + field.value.size();
      auto read = std::from_chars(field.value.data(), end, number);
      bad_length |= length.has_value() || read.ec != std::errc() || read.ptr != end;
      length = number;
      return false;
    }
    case HeaderName::TransferEncoding:
      coding = true;
      return true;
    case HeaderName::Connection:
      close |= text::list_contains(field.value, "close");
      return status == StatusCode::SwitchingProtocols;
    case HeaderName::Date:
      return date = true;
    case HeaderName::Server:
      return server = true;
    case HeaderName::Upgrade:
      return upgrade = true;
    case HeaderName::ContentType:
      ++content_types;
      return true;
    default:
      return true;
  }
}

/// Why the response cannot be sent, or nullptr.
const char* check(const Response& response, const Fields& fields) noexcept {
  const StatusCode status = response.status();
  const bool possible = code(status) >= 200 ? code(status) <= 999 : response.is_upgrade();
  if (!possible) return "response: status cannot end a request";
  if (fields.coding) return "response: Transfer-Encoding is the server's to set";
  if (fields.bad_length) return "response: Content-Length is no single number";
  if (fields.content_types > 1) return "response: two Content-Type fields";
  const ResponseBody& body = response.body();
  // A 205 promises to have none (RFC 9110 §15.3.6), though its framing would let it.
  const bool bodiless = !allows_body(status) || status == StatusCode::ResetContent;
  if (bodiless && (body.is_stream() || !body.view().empty())) return "response: a body on a status that has none";
  return nullptr;
}

/// Decides framing by RFC 9110 §8.6 and RFC 9112 §6.3; `sized` says that a Content-Length is sent. What is wrong, or
/// nullptr.
const char* frame(const Response& response, const AnswerContext& context, const Fields& fields, EncodedHead& head,
                  bool& sized) noexcept {
  const ResponseBody& body = response.body();
  const bool head_only = context.method == Method::Head;
  head = {BodyMode::None, 0, context.keep_alive && !fields.close};
  sized = false;
  if (!allows_body(response.status())) {
    // 304 may tell the length the full answer would have; 204 may not.
    if (response.status() == StatusCode::NotModified && fields.length) {
      head.length = *fields.length;
      sized = true;
    }
    return nullptr;
  }
  if (context.trailers && response.has_trailers() && context.version == Version::Http11 && !fields.length) {
    head.mode = BodyMode::Chunked;
    head.trailers = true;
    return nullptr;
  }
  if (!body.is_stream()) {
    const std::size_t size = body.view().size();
    const bool promised = head_only && size == 0 && fields.length;
    if (fields.length && *fields.length != size && !promised) return "response: Content-Length differs from the body";
    head.length = promised ? *fields.length : size;
    head.mode = head_only || size == 0 ? BodyMode::None : BodyMode::Whole;
    sized = true;
    return nullptr;
  }
  if (fields.length) {
    head.length = *fields.length;
    head.mode = BodyMode::Counted;
    sized = true;
  } else if (context.version == Version::Http10) {
    head.mode = BodyMode::UntilClose;
    head.keep_alive = false;
  } else {
    head.mode = BodyMode::Chunked;
    head.trailers = context.trailers;
  }
  return nullptr;
}

/// The names of what will follow the body (RFC 9110 §6.6.2).
std::string names_of(const Headers& trailers) {
  std::string names;
  for (HeaderField field : trailers) {
    if (is_forbidden_trailer(field.id)) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

/// As memcpy, for texts of a few dozen bytes: done before a call has begun.
inline void copy_short(char* to, const char* from, std::size_t size) noexcept {
  // Two moves that overlap, each of a size the compiler knows.
  const auto both = [&]<std::size_t N>() {
    std::memcpy(to, from, N);
    std::memcpy(to + size - N, from + size - N, N);
  };
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    both.operator()<16>();
  } else if (size >= 8) {
    both.operator()<8>();
  } else if (size >= 4) {
    both.operator()<4>();
  } else {
    while (size-- > 0) *to++ = *from++;
  }
}

/// Writes into memory that is known to be large enough.
class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}
  template <std::size_t N>
  Writer& operator<<(const char (&literal)[N]) noexcept {  // NOLINT(modernize-avoid-c-arrays): what a literal is
    std::memcpy(at_, literal, N - 1);
    at_ += N - 1;
    return *this;
  }
  Writer& operator<<(std::string_view text) noexcept {
    copy_short(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Writer& operator<<(std::uint64_t number) noexcept {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

void append_field(OutputBuffer& out, const HeaderField& field) {
  out.append(field.name);
  out.append(": ");
  out.append(field.value);
  out.append("\r\n");
}

// Status line, the names of Server and Date, Content-Length, Connection, Transfer-Encoding and the last line end.
constexpr std::size_t kOwnFields = 256;

}  // namespace

Result<AnswerPlan> plan_answer(const Response& response, const AnswerContext& context) {
  if (response.fault().code() != Errc::Ok) return response.fault();
  Fields fields;
  for (HeaderField field : response.headers()) fields.note(field, response.status());
  if (const char* wrong = check(response, fields)) return Error(Errc::InvalidData, wrong);
  AnswerPlan plan{};
  if (const char* wrong = frame(response, context, fields, plan.head, plan.sized)) {
    return Error(Errc::InvalidData, wrong);
  }
  plan.wants_date = !fields.date && !context.date.empty();
  plan.wants_server = !fields.server && !context.server.empty();
  return plan;
}

Result<EncodedHead> encode_head(OutputBuffer& out, const Response& response, const AnswerContext& context) {
  if (response.fault().code() != Errc::Ok) return response.fault();
  const StatusCode status = response.status();
  // Written first and judged then: what is wrong is never committed.
  char* const start = out.prepare(kOwnFields + response.headers().wire_size() + context.server.size() +
                                  response.trailers_wire_size());
  Writer to(start);
  if (std::string_view line = status_line(status); !line.empty()) {
    to << line;
  } else {
    to << "HTTP/1.1 " << std::uint64_t{code(status)} << " \r\n";
  }
  Fields fields;
  for (HeaderField field : response.headers()) {
    if (fields.note(field, status)) to << field.name << ": " << field.value << "\r\n";
  }
  EncodedHead head{};
  bool sized = false;
  const char* wrong = check(response, fields);
  if (wrong == nullptr) wrong = frame(response, context, fields, head, sized);
  if (wrong != nullptr) return Error(Errc::InvalidData, wrong);

  if (sized) {
    to << "Content-Length: " << head.length << "\r\n";
  } else if (head.mode == BodyMode::Chunked) {
    to << "Transfer-Encoding: chunked\r\n";
  }
  if (head.trailers) {
    if (const std::string names = names_of(response.trailers()); !names.empty()) to << "Trailer: " << names << "\r\n";
  }
  if (!fields.date && !context.date.empty()) to << "Date: " << context.date << "\r\n";
  if (!fields.server && !context.server.empty()) to << "Server: " << context.server << "\r\n";
  if (status != StatusCode::SwitchingProtocols) {
    // RFC 9110 §7.8: Upgrade, as in a 426, is of this connection only.
    if (fields.upgrade) to << "Connection: upgrade\r\n";
    if (!head.keep_alive) {
      to << "Connection: close\r\n";
    } else if (context.version == Version::Http10) {
      to << "Connection: keep-alive\r\n";
    }
  }
  to << "\r\n";
  out.commit(static_cast<std::size_t>(to.at() - start));
  if (context.method == Method::Head) head.mode = BodyMode::None;
  return head;
}

void append_chunk(OutputBuffer& out, std::string_view content) {
  RONDEAU_DEBUG_ASSERT(!content.empty());
  constexpr std::size_t framing = 16 + 2 + 2;
  char* start = out.prepare(content.size() + framing);
  char* at = std::to_chars(start, start + 16, content.size(), 16).ptr;
  Writer to(at);
  to << "\r\n" << content << "\r\n";
  out.commit(static_cast<std::size_t>(to.at() - start));
}

void append_last_chunk(OutputBuffer& out, const Headers& trailers) {
  out.append("0\r\n");
  for (HeaderField field : trailers) {
    if (!is_forbidden_trailer(field.id)) append_field(out, field);
  }
  out.append("\r\n");
}

void append_early_hints(OutputBuffer& out, const Headers& fields) {
  out.append("HTTP/1.1 103 Early Hints\r\n");
  for (HeaderField field : fields) append_field(out, field);
  out.append("\r\n");
}

std::string_view continue_response() noexcept {
  return "HTTP/1.1 100 Continue\r\n\r\n";
}

std::string_view http_date(std::chrono::sys_seconds now) noexcept {
  struct Cache {
    std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
    std::array<char, text::kHttpDateLength> text;
  };
  static thread_local Cache cache;
  if (cache.second != now) {
    text::format_http_date(now, cache.text);
    cache.second = now;
  }
  return {cache.text.data(), cache.text.size()};
}

std::string_view http_date_now() noexcept {
  return http_date(std::chrono::floor<std::chrono::seconds>(base::wall_clock()));
}

}  // namespace rondeau::http
