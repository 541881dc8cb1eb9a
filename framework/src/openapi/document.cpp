#include <rondeau/openapi/document.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <rondeau/text/ascii.h>

#include "openapi/json_text.h"
#include "openapi/schemas.h"
#include "openapi/twins.h"

namespace rondeau::openapi {
namespace {

using schema::In;
using schema::Operation;
using schema::SecurityScheme;

/// "/files/{*rest}" → "/files/{rest}".
std::string path_of(std::string pattern) {
  if (const std::size_t star = pattern.find("{*"); star != std::string::npos) pattern.erase(star + 1, 1);
  return pattern;
}

std::string_view to_string(In in) {
  switch (in) {
    case In::Path:
      return "path";
    case In::Query:
      return "query";
    case In::Header:
      return "header";
    case In::Cookie:
      return "cookie";
  }
  return {};
}

/// Those that a path item of OpenAPI 3.1 can have.
bool is_known(http::Method method) {
  using enum http::Method;
  return method == Get || method == Put || method == Post || method == Delete || method == Options || method == Head ||
         method == Patch || method == Trace;
}

/// Fields that OpenAPI tells elsewhere and does not take as parameters, and Host, which every client sends.
bool is_told_elsewhere(const schema::Parameter& parameter) {
  if (parameter.in != In::Header) return false;
  for (const std::string_view name : {"accept", "content-type", "authorization", "host"}) {
    if (text::equals_ignoring_case(parameter.name, name)) return true;
  }
  return false;
}

/// Routes of one path and method.
using Twins = std::vector<const Operation*>;
using SecuritySets = std::vector<std::vector<SecurityScheme>>;

class Document {
 public:
  Result<std::string> write(std::span<const Operation> operations, const Info& info);

 private:
  Result<void> gather(std::span<const Operation> operations);
  void add_forms(const Operation& operation);
  Twins& twins_of(const Operation& operation);
  void operation(const Operation& operation, const SecuritySets& security, const std::string& path);
  void parameters(const Operation& operation);
  void content(const std::vector<schema::Content>& all);
  void media_type(const schema::Content& content);
  void responses(const Operation& operation);
  void response(const schema::Response& response);
  void security(const SecuritySets& sets);
  void security_schemes();
  std::string id_for(const Operation& operation, const std::string& path);

  JsonText out_;
  Schemas schemas_;
  /// Paths in the order they were added.
  std::vector<std::pair<std::string, std::vector<Twins>>> paths_;
  std::vector<std::string> tags_;
  std::map<std::string, SecurityScheme> schemes_;
  std::set<std::string> ids_;
};

Result<std::string> Document::write(std::span<const Operation> operations, const Info& info) {
  RONDEAU_TRY_VOID_PLAIN(gather(operations));
  out_.begin_object().member("openapi", "3.1.0");
  out_.key("info").begin_object().member("title", info.title).member("version", info.version);
  if (!info.description.empty()) out_.member("description", info.description);
  out_.end_object();
  if (!tags_.empty()) {
    out_.key("tags").begin_array();
    for (const std::string& tag : tags_) out_.begin_object().member("name", tag).end_object();
    out_.end_array();
  }
  out_.key("paths").begin_object();
  for (const auto& [path, all] : paths_) {
    out_.key(path).begin_object();
    for (const Twins& twins : all) operation(merged(twins), alternatives(twins), path);
    out_.end_object();
  }
  out_.end_object();
  out_.key("components").begin_object().key("schemas");
  RONDEAU_TRY_VOID_PLAIN(schemas_.write_components(out_));
  if (!schemes_.empty()) security_schemes();
  out_.end_object().end_object();
  return std::move(out_).take();
}

Result<void> Document::gather(std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    if (operation.hidden || !operation.method || !is_known(*operation.method)) continue;
    twins_of(operation).push_back(&operation);
    add_forms(operation);
    for (const std::string& tag : operation.tags) {
      if (std::ranges::find(tags_, tag) == tags_.end()) tags_.push_back(tag);
    }
    for (const SecurityScheme& scheme : operation.security) {
      const auto [known, is_new] = schemes_.try_emplace(scheme.name, scheme);
      if (!is_new && (known->second.kind != scheme.kind || known->second.parameter != scheme.parameter)) {
        return Error(Errc::InvalidArgument, "two different security schemes are called " + scheme.name +
                                                ", one of them at " + operation.place);
      }
    }
  }
  return {};
}

void Document::add_forms(const Operation& operation) {
  const auto add = [&](const std::vector<schema::Content>& all, Way way) {
    for (const schema::Content& one : all) {
      for (const schema::Form& form : one.forms) schemas_.add(form, way);
    }
  };
  for (const schema::Parameter& parameter : operation.parameters) schemas_.add(parameter.form, Way::In);
  if (operation.body) add(operation.body->content, Way::In);
  for (const schema::Response& response : operation.responses) add(response.content, Way::Out);
}

/// "/files/{rest}" and "/files/{*rest}" are one path here, as are routes with conditions, and those of several hosts.
Twins& Document::twins_of(const Operation& operation) {
  const std::string path = path_of(operation.path);
  auto at = std::ranges::find(paths_, path, &decltype(paths_)::value_type::first);
  if (at == paths_.end()) at = paths_.insert(at, {path, {}});
  const auto known =
      std::ranges::find_if(at->second, [&](const Twins& twins) { return twins.front()->method == operation.method; });
  return known != at->second.end() ? *known : at->second.emplace_back();
}

/// The name of a function that serves two routes, or of two functions, is the first one's.
std::string Document::id_for(const Operation& operation, const std::string& path) {
  std::string id = operation.id;
  if (id.empty() || ids_.contains(id)) id = schema::default_operation_id(operation.method, path);
  std::string unique = id;
  for (int n = 2; ids_.contains(unique); ++n) unique = id + "_" + std::to_string(n);
  ids_.insert(unique);
  return unique;
}

void Document::operation(const Operation& operation, const SecuritySets& sets, const std::string& path) {
  std::string method(http::to_string(*operation.method));
  for (char& c : method) c = text::to_lower(c);
  out_.key(method).begin_object();
  if (!operation.tags.empty()) {
    out_.key("tags").begin_array();
    for (const std::string& tag : operation.tags) out_.string(tag);
    out_.end_array();
  }
  if (!operation.summary.empty()) out_.member("summary", operation.summary);
  if (!operation.description.empty()) out_.member("description", operation.description);
  out_.member("operationId", id_for(operation, path));
  if (operation.deprecated) out_.key("deprecated").boolean(true);
  if (!operation.sunset.empty()) out_.member("x-sunset", operation.sunset);
  schemas_.set_way(Way::In);
  parameters(operation);
  if (operation.body) {
    out_.key("requestBody").begin_object();
    if (operation.body->required) out_.key("required").boolean(true);
    content(operation.body->content);
    out_.end_object();
  }
  schemas_.set_way(Way::Out);
  responses(operation);
  if (!sets.empty()) security(sets);
  out_.end_object();
}

void Document::parameters(const Operation& operation) {
  std::vector<const schema::Parameter*> shown;
  for (const schema::Parameter& parameter : operation.parameters) {
    if (!is_told_elsewhere(parameter)) shown.push_back(&parameter);
  }
  if (shown.empty()) return;
  out_.key("parameters").begin_array();
  for (const schema::Parameter* parameter : shown) {
    out_.begin_object().member("name", parameter->name).member("in", to_string(parameter->in));
    if (!parameter->description.empty()) out_.member("description", parameter->description);
    if (parameter->required) out_.key("required").boolean(true);
    schemas_.write_parameter(out_.key("schema"), parameter->form, parameter->initial);
    out_.end_object();
  }
  out_.end_array();
}

void Document::content(const std::vector<schema::Content>& all) {
  if (all.empty()) {
    out_.key("content").begin_object().end_object();
    return;
  }
  out_.key("content").begin_object();
  for (const schema::Content& one : all) media_type(one);
  out_.end_object();
}

void Document::media_type(const schema::Content& content) {
  out_.key(content.type).begin_object();
  const auto form = [&](const schema::Form& one) { schemas_.write(out_, one); };
  if (content.forms.empty() && content.type == "application/problem+json") {
    schemas_.write_problem(out_.key("schema"));
  } else if (content.forms.empty() && content.type.starts_with("multipart/")) {
    out_.key("schema").begin_object().member("type", "object").end_object();
  } else if (content.forms.size() == 1) {
    // Bytes have no schema in OpenAPI 3.1: the content type says it all.
    const bool bytes = content.forms[0].type == nullptr && content.forms[0].format == "binary";
    if (!bytes) {
      out_.key("schema");
      form(content.forms[0]);
    }
  } else if (!content.forms.empty()) {
    out_.key("schema").begin_object().key("anyOf").begin_array();
    for (const schema::Form& one : content.forms) form(one);
    out_.end_array().end_object();
  }
  out_.end_object();
}

void Document::responses(const Operation& operation) {
  std::vector<schema::Response> all = operation.responses;
  const bool succeeds = std::ranges::any_of(
      all, [](const schema::Response& response) { return !response.status || http::code(*response.status) < 400; });
  const bool has_default =
      std::ranges::any_of(all, [](const schema::Response& response) { return !response.status.has_value(); });
  if (!has_default && (!succeeds || operation.opaque_result)) all.push_back({std::nullopt, {}, {}, {}});
  // "200" before "3XX" before "default".
  const auto rank = [](const schema::Response& response) {
    const unsigned code = response.status ? http::code(*response.status) : 1000;
    return code < 10 ? code * 100 + 99 : code;
  };
  std::ranges::sort(all, {}, rank);
  out_.key("responses").begin_object();
  for (const schema::Response& one : all) response(one);
  out_.end_object();
}

void Document::response(const schema::Response& response) {
  std::string name = "default";
  std::string_view description = "what the handler answers";
  if (response.status) {
    const unsigned code = http::code(*response.status);
    name = code < 10 ? std::to_string(code) + "XX" : std::to_string(code);
    description = code < 10 ? "another place" : http::reason_phrase(*response.status);
  } else if (!response.content.empty()) {
    description = "an error";
  }
  if (!response.description.empty()) description = response.description;
  out_.key(name).begin_object().member("description", description.empty() ? name : description);
  if (!response.headers.empty()) {
    out_.key("headers").begin_object();
    for (const schema::ResponseHeader& header : response.headers) {
      out_.key(header.name).begin_object();
      if (!header.description.empty()) out_.member("description", header.description);
      out_.key("schema").begin_object().member("type", "string").end_object().end_object();
    }
    out_.end_object();
  }
  if (!response.content.empty()) content(response.content);
  out_.end_object();
}

/// All schemes of one object are asked for; of several objects, one.
void Document::security(const SecuritySets& sets) {
  out_.key("security").begin_array();
  for (const std::vector<SecurityScheme>& set : sets) {
    out_.begin_object();
    for (const SecurityScheme& scheme : set) {
      out_.key(scheme.name).begin_array();
      for (const std::string& scope : scheme.scopes) out_.string(scope);
      out_.end_array();
    }
    out_.end_object();
  }
  out_.end_array();
}

void Document::security_schemes() {
  using Kind = SecurityScheme::Kind;
  out_.key("securitySchemes").begin_object();
  for (const auto& [name, scheme] : schemes_) {
    out_.key(name).begin_object();
    switch (scheme.kind) {
      case Kind::Bearer:
        out_.member("type", "http").member("scheme", "bearer");
        if (!scheme.bearer_format.empty()) out_.member("bearerFormat", scheme.bearer_format);
        break;
      case Kind::Basic:
        out_.member("type", "http").member("scheme", "basic");
        break;
      case Kind::ApiKeyHeader:
      case Kind::ApiKeyQuery:
      case Kind::Cookie:
        out_.member("type", "apiKey")
            .member("in", scheme.kind == Kind::Cookie        ? "cookie"
                          : scheme.kind == Kind::ApiKeyQuery ? "query"
                                                             : "header")
            .member("name", scheme.parameter);
        break;
      case Kind::MutualTls:
        out_.member("type", "mutualTLS");
        break;
    }
    out_.end_object();
  }
  out_.end_object();
}

}  // namespace

Result<std::string> write_document(std::span<const schema::Operation> operations, const Info& info) {
  return Document().write(operations, info);
}

}  // namespace rondeau::openapi
