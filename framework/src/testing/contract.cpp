#include <rondeau/testing/contract.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <rondeau/http/status.h>
#include <rondeau/openapi/document.h>
#include <rondeau/text/ascii.h>

#include "routing/route_tree.h"
#include "testing/schema_check.h"

namespace rondeau::testing {

using nlohmann::json;

namespace {

json document_of(std::span<const schema::Operation> operations) {
  const auto text = openapi::write_document(operations, {});
  if (!text) throw std::runtime_error("Contract: " + text.error().message());
  return json::parse(*text);
}

/// "/files/{*rest}" is "/files/{rest}" in a document.
std::string path_of(std::string pattern) {
  if (const std::size_t star = pattern.find("{*"); star != std::string::npos) pattern.erase(star + 1, 1);
  return pattern;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = text::to_lower(c);
  return out;
}

std::string list(const json& object) {
  std::string text;
  for (const auto& [name, unused] : object.items()) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string essence(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lower(type);
}

/// As the tree asks for it; what is not is refused before any operation is looked for.
bool has_good_escapes(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::string_view digits = path.substr(at + 1, 2);
    if (digits.size() < 2 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return false;
  }
  return true;
}

bool is_json(std::string_view type) {
  return type == "application/json" || type.ends_with("+json");
}

}  // namespace

struct Contract::Inside {
  struct Operation {
    std::string name;  ///< "GET /links/{id}"
    const json* responses;
    bool asked = false;
    std::set<std::string> met = {};
  };
  /// Of one pattern, by method.
  using Operations = std::vector<std::pair<http::Method, std::size_t>>;

  explicit Inside(std::span<const schema::Operation> all);

  Operation* find(const Asked& asked);
  std::string objection(Operation& operation, const TestResponse& response);
  std::string objection_to_body(const json& content, const TestResponse& response) const;

  json document;
  SchemaCheck check;
  std::vector<Operation> operations;
  std::vector<Operations> patterns;
  routing::RouteTree tree;
};

Contract::Inside::Inside(std::span<const schema::Operation> all) : document(document_of(all)), check(document) {
  for (const schema::Operation& one : all) {
    if (one.hidden || !one.method) continue;
    const std::string path = path_of(one.path);
    const std::string method = lower(http::to_string(*one.method));
    if (!document["paths"].contains(path) || !document["paths"][path].contains(method)) continue;
    std::uint32_t& place = tree.insert(one.path);
    if (place == routing::RouteTree::kNone) {
      place = static_cast<std::uint32_t>(patterns.size());
      patterns.emplace_back();
    }
    Operations& here = patterns[place];
    // Of several, told apart by guards or hosts, the document has the first.
    if (std::ranges::find(here, *one.method, &Operations::value_type::first) != here.end()) continue;
    here.emplace_back(*one.method, operations.size());
    operations.push_back(
        {std::string(http::to_string(*one.method)) + " " + path, &document["paths"][path][method]["responses"]});
  }
  tree.freeze();
}

Contract::Inside::Operation* Contract::Inside::find(const Asked& asked) {
  const std::string_view path = std::string_view(asked.target).substr(0, asked.target.find('?'));
  if (!path.starts_with('/') || !has_good_escapes(path)) return nullptr;
  http::RouteMatch match;
  const std::uint32_t place = tree.find(path, match);
  if (place == routing::RouteTree::kNone) return nullptr;
  const auto of = [&](http::Method method) -> Operation* {
    const auto found = std::ranges::find(patterns[place], method, &Operations::value_type::first);
    return found == patterns[place].end() ? nullptr : &operations[found->second];
  };
  Operation* const own = of(asked.method);
  return own == nullptr && asked.method == http::Method::Head ? of(http::Method::Get) : own;
}

std::string Contract::Inside::objection(Operation& operation, const TestResponse& response) {
  operation.asked = true;
  const std::string code = std::to_string(http::code(response.status()));
  for (const std::string& name : {code, code.substr(0, 1) + "XX", std::string("default")}) {
    const auto found = operation.responses->find(name);
    if (found == operation.responses->end()) continue;
    operation.met.insert(name);
    if (response.asked().method == http::Method::Head || !http::allows_body(response.status())) return {};
    const auto content = found->find("content");
    if (content != found->end()) return objection_to_body(*content, response);
    if (name == "default" || response.body().empty()) return {};
    return "there is a body, of which the document knows nothing";
  }
  return "it is none of " + list(*operation.responses);
}

std::string Contract::Inside::objection_to_body(const json& content, const TestResponse& response) const {
  const auto field = response.header("content-type");
  if (!field && response.body().empty()) return "there is no body, where the document has " + list(content);
  const std::string type = essence(field.value_or(""));
  const json* form = nullptr;
  for (const std::string& name : {type, type.substr(0, type.find('/')) + "/*", std::string("*/*")}) {
    for (const auto& [known, what] : content.items()) {
      if (essence(known) == name && form == nullptr) form = &what;
    }
  }
  if (form == nullptr) {
    const bool for_people = type == "text/html" || type == "text/plain";
    if (for_people && http::code(response.status()) >= 400 && content.contains("application/problem+json")) return {};
    return "its content type " + (type.empty() ? "is missing" : type) + ", where the document has " + list(content);
  }
  const auto schema = form->find("schema");
  if (schema == form->end() || !is_json(type)) return {};
  const json body = json::parse(response.body(), nullptr, false);
  if (body.is_discarded()) return "the body is no JSON";
  return check.objection(*schema, body);
}

Contract::Contract(std::span<const schema::Operation> operations) : inside_(std::make_unique<Inside>(operations)) {}
Contract::~Contract() = default;

Contract::Verdict Contract::allows(const TestResponse& response) {
  Inside::Operation* const operation = inside_->find(response.asked());
  if (operation == nullptr) return {};
  std::string what = inside_->objection(*operation, response);
  if (what.empty()) return {};
  return {operation->name + " answered " + std::to_string(http::code(response.status())) + ": " + what};
}

Contract::Verdict Contract::covers(const TestResponse& response) {
  const Asked& asked = response.asked();
  if (inside_->find(asked) != nullptr) return allows(response);
  return {"the document has no operation for " + std::string(http::to_string(asked.method)) + " " + asked.target};
}

std::vector<std::string> Contract::unmet() const {
  std::vector<std::string> all;
  for (const Inside::Operation& operation : inside_->operations) {
    if (!operation.asked) {
      all.push_back(operation.name);
      continue;
    }
    for (const auto& [status, unused] : operation.responses->items()) {
      if (status != "default" && !operation.met.contains(status)) all.push_back(operation.name + ": " + status);
    }
  }
  return all;
}

std::ostream& operator<<(std::ostream& out, const Contract::Verdict& verdict) {
  return out << (verdict ? "covered by the document" : verdict.objection);
}

}  // namespace rondeau::testing
