#include "http/response_encoder.h"

#include <array>
#include <charconv>
#include <string>

#include <rondeau/base/wall_clock.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

#include "http/field_check.h"
#include "http/line_writer.h"
#include "http/status_line.h"

namespace rondeau::http {

namespace {

/// What the response's fields say about framing and connection.
struct Fields {
  enum Seen : unsigned {
    kLength = 1,
    kBadLength = 2,
    kCoding = 4,
    kClose = 8,
    kDate = 16,
    kServer = 32,
    kUpgrade = 64,
    kType = 128,
    kTwoTypes = 256,
    kFaulty = kBadLength | kCoding | kTwoTypes,
  };
  unsigned seen = 0;
  std::uint64_t length = 0;

  bool has(Seen what) const noexcept { return (seen & what) != 0; }
  /// False for a field that does not go out as it stands: frame() turns it into something else.
  bool note(const HeaderField& field, StatusCode status) noexcept;
  bool note_length(std::string_view value) noexcept;
};

bool Fields::note_length(std::string_view value) noexcept {
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, length);
  if (has(kLength) || read.ec != std::errc() || read.ptr != end) seen |= kBadLength;
  seen |= kLength;
  return false;
}

[[gnu::always_inline]] inline bool Fields::note(const HeaderField& field, StatusCode status) noexcept {
  switch (field.id) {
    case HeaderName::ContentLength:
      return note_length(field.value);
    case HeaderName::TransferEncoding:
      seen |= kCoding;
      return true;
    case HeaderName::Connection:
      if (text::list_contains(field.value, "close")) seen |= kClose;
      return status == StatusCode::SwitchingProtocols;
    case HeaderName::Date:
      seen |= kDate;
      return true;
    case HeaderName::Server:
      seen |= kServer;
      return true;
    case HeaderName::Upgrade:
      seen |= kUpgrade;
      return true;
    case HeaderName::ContentType:
      seen |= has(kType) ? kTwoTypes : kType;
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
  if (fields.has(Fields::kFaulty)) {
    if (fields.has(Fields::kCoding)) return "response: Transfer-Encoding is the server's to set";
    if (fields.has(Fields::kBadLength)) return "response: Content-Length is no single number";
    return "response: two Content-Type fields";
  }
  const ResponseBody& body = response.body();
  // A 205 promises to have none (RFC 9110 §15.3.6), though its framing would let it.
  const bool bodiless = !allows_body(status) || status == StatusCode::ResetContent;
  if (bodiless && (body.is_stream() || !body.view().empty())) return "response: a body on a status that has none";
  return nullptr;
}

/// Decides framing by RFC 9110 §8.6 and RFC 9112 §6.3; `sized` says that a Content-Length is sent. What is wrong, or
/// nullptr.
[[gnu::always_inline]] inline const char* frame(const Response& response, const AnswerContext& context,
                                                const Fields& fields, EncodedHead& head, bool& sized) noexcept {
  const ResponseBody& body = response.body();
  const bool head_only = context.method == Method::Head;
  head = {BodyMode::None, 0, context.keep_alive && !fields.has(Fields::kClose)};
  sized = false;
  const bool has_length = fields.has(Fields::kLength);
  if (!allows_body(response.status())) {
    // 304 may tell the length the full answer would have; 204 may not.
    if (response.status() == StatusCode::NotModified && has_length) {
      head.length = fields.length;
      sized = true;
    }
    return nullptr;
  }
  if (context.trailers && response.has_trailers() && context.version == Version::Http11 && !has_length) {
    head.mode = BodyMode::Chunked;
    head.trailers = true;
    return nullptr;
  }
  if (!body.is_stream()) {
    const std::size_t size = body.view().size();
    const bool promised = head_only && size == 0 && has_length;
    if (has_length && fields.length != size && !promised) return "response: Content-Length differs from the body";
    head.length = promised ? fields.length : size;
    head.mode = head_only || size == 0 ? BodyMode::None : BodyMode::Whole;
    sized = true;
    return nullptr;
  }
  if (has_length) {
    head.length = fields.length;
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

void append_field(OutputBuffer& out, const HeaderField& field) {
  out.append(field.name);
  out.append(": ");
  out.append(field.value);
  out.append("\r\n");
}

// Status line, the names of Server and Date, Content-Length, Connection, Transfer-Encoding and the last line end.
constexpr std::size_t kOwnFields = 256 + LineWriter::kBehind;

LineWriter write_rarer_status_line(LineWriter to, StatusCode status) noexcept {
  if (std::string_view line = status_line(status); !line.empty()) return to << line;
  return to << "HTTP/1.1 " << std::uint64_t{code(status)} << " \r\n";
}

[[gnu::always_inline]] inline void write_name(LineWriter& to, const HeaderField& field) noexcept {
  if (field.id == HeaderName::Other) {
    to << field.name << ": ";
  } else {
    to << kWireNames[static_cast<std::size_t>(field.id)];
  }
}

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
  plan.wants_date = !fields.has(Fields::kDate) && !context.date.empty();
  plan.wants_server = !fields.has(Fields::kServer) && !context.server.empty();
  return plan;
}

Result<EncodedHead> encode_head(OutputBuffer& out, const Response& response, const AnswerContext& context) {
  if (response.fault().code() != Errc::Ok) return response.fault();
  const StatusCode status = response.status();
  // Written first and judged then: what is wrong is never committed.
  char* const start = out.prepare(kOwnFields + response.headers().wire_bound() + context.server.size() +
                                  response.trailers_wire_bound());
  LineWriter to(start);
  if (status == StatusCode::Ok) {
    to << "HTTP/1.1 200 OK\r\n";
  } else {
    to = write_rarer_status_line(to, status);
  }
  Fields fields;
  for (HeaderField field : response.headers()) {
    if (!fields.note(field, status)) continue;
    write_name(to, field);
    to << field.value << "\r\n";
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
  if (!fields.has(Fields::kDate) && !context.date.empty()) to << "Date: " << context.date << "\r\n";
  if (!fields.has(Fields::kServer) && !context.server.empty()) to << "Server: " << context.server << "\r\n";
  if (status != StatusCode::SwitchingProtocols) {
    // RFC 9110 §7.8: Upgrade, as in a 426, is of this connection only.
    if (fields.has(Fields::kUpgrade)) to << "Connection: upgrade\r\n";
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
  LineWriter to(at);
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
