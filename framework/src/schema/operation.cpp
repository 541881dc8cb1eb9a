#include <rondeau/schema/operation.h>

#include <algorithm>
#include <utility>

#include <rondeau/text/ascii.h>

#include "schema/initial_values.h"

namespace rondeau::schema {
namespace {

constexpr std::string_view kProblem = "application/problem+json";

bool same(const Form& one, const Form& other) {
  return one.type == other.type && one.format == other.format;
}

/// Of fields the case does not matter (RFC 9110 §5.1).
bool same_name(In in, std::string_view one, std::string_view other) {
  return in == In::Header ? text::equals_ignoring_case(one, other) : one == other;
}

void add_form(std::vector<Content>& all, std::string_view type, const Form* form) {
  auto content = std::ranges::find(all, type, &Content::type);
  if (content == all.end()) content = all.insert(all.end(), {std::string(type), {}});
  if (form == nullptr) return;
  if (std::ranges::none_of(content->forms, [&](const Form& known) { return same(known, *form); })) {
    content->forms.push_back(*form);
  }
}

void add_content(std::vector<Content>& all, const Content& content) {
  add_form(all, content.type, nullptr);
  for (const Form& form : content.forms) add_form(all, content.type, &form);
}

}  // namespace

std::string default_operation_id(std::optional<http::Method> method, std::string_view path) {
  std::string id;
  for (const char c : method ? to_string(*method) : std::string_view("any")) {
    id += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  bool separate = true;
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (letter && separate) id += '_';
    if (letter) id += c;
    separate = !letter;
  }
  return id;
}

Response& Response::header(std::string_view name, std::string_view text) {
  const bool known = std::ranges::any_of(
      headers, [&](const ResponseHeader& header) { return text::equals_ignoring_case(header.name, name); });
  if (!known) headers.push_back({std::string(name), std::string(text)});
  return *this;
}

Parameter& Operation::parameter(In in, std::string_view name, Form form, bool required) {
  for (Parameter& known : parameters) {
    if (known.in != in || !same_name(in, known.name, name)) continue;
    known.required = known.required || required;
    return known;
  }
  return parameters.emplace_back(Parameter{in, std::string(name), required, form, {}, {}});
}

void Operation::parameters_of(In in, const reflect::Descriptor& type) {
  if (type.kind != reflect::Kind::Struct) return;
  const auto& table = reflect::as<reflect::StructDescriptor>(type);
  const std::vector<std::string> initial = initial_values(table);
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const bool required = in == In::Path || !reflect::may_be_absent(table, i);
    Parameter& added = parameter(in, table.fields[i].name, *table.fields[i].type, required);
    added.initial = initial[i];
    if (!table.docs.empty()) added.description = table.docs[i].description;
  }
}

void Operation::request_body(std::string_view content_type, Form form) {
  if (!body) body.emplace();
  add_form(body->content, content_type, &form);
}

void Operation::request_body(std::string_view content_type) {
  if (!body) body.emplace();
  add_form(body->content, content_type, nullptr);
}

Response& Operation::response(std::optional<http::StatusCode> status) {
  const auto known = std::ranges::find(responses, status, &Response::status);
  if (known != responses.end()) return *known;
  return responses.emplace_back(Response{status, {}, {}, {}});
}

Response& Operation::response(http::StatusCode status, std::string_view content_type, Form form) {
  Response& found = response(status);
  add_form(found.content, content_type, &form);
  return found;
}

Response& Operation::response(http::StatusCode status, std::string_view content_type) {
  Response& found = response(status);
  add_form(found.content, content_type, nullptr);
  return found;
}

Response& Operation::problem(http::StatusCode status) {
  Response& found = response(status);
  add_form(found.content, kProblem, nullptr);
  return found;
}

Response& Operation::problem() {
  Response& found = response(std::nullopt);
  add_form(found.content, kProblem, nullptr);
  return found;
}

void Operation::secured_by(SecurityScheme scheme) {
  const auto known = std::ranges::find(security, scheme.name, &SecurityScheme::name);
  if (known == security.end()) {
    security.push_back(std::move(scheme));
    return;
  }
  for (std::string& scope : scheme.scopes) {
    if (std::ranges::find(known->scopes, scope) == known->scopes.end()) known->scopes.push_back(std::move(scope));
  }
}

void Operation::merge(Operation part, Wrapped wrapped) {
  for (Parameter& added : part.parameters) {
    Parameter& here = parameter(added.in, added.name, added.form,
                                added.required && (wrapped != Wrapped::Optional || added.in == In::Path));
    if (here.description.empty()) here.description = std::move(added.description);
    if (here.initial.empty()) here.initial = std::move(added.initial);
  }
  if (part.body) {
    if (!body) body.emplace(RequestBody{part.body->required && wrapped != Wrapped::Optional, {}});
    for (const Content& content : part.body->content) add_content(body->content, content);
  }
  if (!part.security.empty()) {
    // One that asks without exception outweighs those that do not.
    const bool optional = part.optional_security || wrapped != Wrapped::Plain;
    optional_security = security.empty() ? optional : optional_security && optional;
  }
  for (SecurityScheme& scheme : part.security) secured_by(std::move(scheme));
  for (std::string& tag : part.tags) {
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  }
  deprecated = deprecated || part.deprecated;
  hidden = hidden || part.hidden;
  opaque_result = opaque_result || part.opaque_result;
  endless = endless || part.endless;
  keeps_time = keeps_time || part.keeps_time;
  if (part.problem_shape) problem_shape = std::move(part.problem_shape);
  for (Response& added : part.responses) {
    if (wrapped == Wrapped::Result) break;
    Response& here = response(added.status);
    for (const Content& content : added.content) add_content(here.content, content);
    for (const ResponseHeader& header : added.headers) here.header(header.name, header.description);
    if (here.description.empty()) here.description = std::move(added.description);
  }
}

void Operation::shape_problems() {
  if (!problem_shape) return;
  for (Response& told : std::exchange(responses, {})) {
    const auto problem = std::ranges::find(told.content, kProblem, &Content::type);
    const bool is_problem = problem != told.content.end();
    if (is_problem) told.content.erase(problem);
    if (!is_problem || !told.content.empty()) {
      // It may be there already: a problem whose status became this one.
      Response& here = response(told.status);
      for (const Content& content : told.content) add_content(here.content, content);
      for (const ResponseHeader& header : told.headers) here.header(header.name, header.description);
      if (!told.description.empty()) here.description = std::move(told.description);
    }
    if (!is_problem) continue;
    Response& shaped = response(told.status ? std::optional(problem_shape->status_of(*told.status)) : std::nullopt);
    add_form(shaped.content, problem_shape->content_type, &problem_shape->form);
    for (const ResponseHeader& header : told.headers) shaped.header(header.name, header.description);
  }
}

Response& Operation::merge_as(http::StatusCode status, void (*describe)(Operation& operation)) {
  Operation part;
  describe(part);
  for (const Response& added : part.responses) {
    for (const Content& content : added.content) add_content(response(status).content, content);
    for (const ResponseHeader& header : added.headers) response(status).header(header.name, header.description);
  }
  return response(status);
}

}  // namespace rondeau::schema
