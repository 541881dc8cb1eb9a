// A problem as text: JSON, or what a browser or a terminal prefers.
#include <rondeau/response/problem.h>

#include <array>
#include <optional>

#include <rondeau/http/quality.h>
#include <rondeau/json/write.h>
#include <rondeau/response/problem_form.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/html.h>

namespace rondeau::response {
namespace {

using http::Request;
using http::Response;
using http::StatusCode;

enum class Form { Json, Html, Text };

std::optional<Form> form_of(std::string_view type) {
  if (text::equals_ignoring_case(type, "text/html")) return Form::Html;
  if (text::equals_ignoring_case(type, "text/plain")) return Form::Text;
  constexpr std::array<std::string_view, 4> kJson{"application/problem+json", "application/json", "application/*",
                                                  "*/*"};
  for (std::string_view json : kJson) {
    if (text::equals_ignoring_case(type, json)) return Form::Json;
  }
  return std::nullopt;
}

/// What the client likes best of what we have; the first of equals, JSON when it likes none.
Form preferred_form(const Request& request) {
  const std::optional<std::string_view> accept = request.header(http::HeaderName::Accept);
  if (!accept) return Form::Json;
  Form best = Form::Json;
  int best_quality = 0;
  text::ListItems items(*accept);
  for (std::string_view element; items.next(element);) {
    const std::optional<Form> form = form_of(http::without_parameters(element));
    if (form && http::quality(element) > best_quality) {
      best = *form;
      best_quality = http::quality(element);
    }
  }
  return best;
}

void append_json(std::string& out, std::string_view text) {
  const std::string copy(text);
  static_cast<void>(json::write(copy, out));  // a string is always written
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ',';
  append_json(out, name);
  out += ':';
  append_json(out, text);
}

}  // namespace

Problem& Problem::header(http::HeaderName name, std::string_view value) & {
  headers_.emplace_back(name, value);
  return *this;
}

void Problem::add_member(std::string_view name, const reflect::Descriptor& type, const void* value) {
  const std::size_t before = members_.size();
  members_ += ',';
  append_json(members_, name);
  members_ += ':';
  if (!json::write_value(type, value, members_)) members_.resize(before);
}

std::string Problem::json(const Request& request, bool hide) const {
  std::string out = R"({"type":)";
  append_json(out, type_.empty() ? std::string_view("about:blank") : std::string_view(type_));
  append_member(out, "title", title_.empty() ? http::reason_phrase(status_) : std::string_view(title_));
  out.append(R"(,"status":)").append(std::to_string(http::code(status_)));
  if (!detail_.empty() && !hide) append_member(out, "detail", detail_);
  append_member(out, "instance", request.original_path());
  if (!errors_.empty() && !hide) {
    out += R"(,"errors":)";
    static_cast<void>(json::write(errors_, out));
  }
  if (!hide) out += members_;
  if (!request.request_id().empty()) append_member(out, "request_id", request.request_id());
  out += '}';
  return out;
}

Problem Problem::as_shown(bool hide) const {
  Problem shown = *this;
  if (!hide) return shown;
  shown.detail_.clear();
  shown.errors_.clear();
  shown.members_.clear();
  return shown;
}

Response Problem::into_response(const Request& request) const {
  const bool hide = http::is_server_error(status_) && !request.show_details();
  const ProblemForm* const form = request.extensions().get<ProblemForm>();
  Response response = form != nullptr ? form->render(as_shown(hide), request) : rendered(request, hide);
  for (const auto& [name, value] : headers_) response.header(name, value);
  if (http::is_server_error(status_) && !detail_.empty()) response.explain(detail_);
  return response;
}

Response Problem::rendered(const Request& request, bool hide) const {
  const Form form = preferred_form(request);
  Response response(status_);
  if (form == Form::Json) {
    response = Response::bytes(Bytes(json(request, hide)), "application/problem+json", status_);
  } else {
    const std::string_view title = title_.empty() ? http::reason_phrase(status_) : std::string_view(title_);
    std::string text;
    const auto add = [&](std::string_view piece) {
      form == Form::Html ? text::append_html(text, piece) : static_cast<void>(text.append(piece));
    };
    const auto new_line = [&] { text += form == Form::Html ? "</p>\n<p>" : "\n"; };
    if (form == Form::Html) text += "<!doctype html>\n<meta charset=\"utf-8\">\n<p>";
    add(std::to_string(http::code(status_)));
    add(" ");
    add(title);
    if (!detail_.empty() && !hide) {
      new_line();
      add(detail_);
    }
    for (const ProblemField& field : hide ? std::vector<ProblemField>() : errors_) {
      new_line();
      add(field.in + " " + field.pointer + ": " + field.message);
    }
    if (!request.request_id().empty()) {
      new_line();
      add("request ");
      add(request.request_id());
    }
    text += form == Form::Html ? "</p>\n" : "\n";
    response = form == Form::Html ? Response::html(std::move(text), status_) : Response::text(std::move(text), status_);
  }
  return response;
}

Problem problem_of(const Error& error) {
  const bool busy = error == Errc::TimedOut || error == Errc::Overloaded || error == Errc::ShuttingDown;
  return Problem(busy ? StatusCode::ServiceUnavailable : StatusCode::InternalServerError, error.message());
}

}  // namespace rondeau::response
