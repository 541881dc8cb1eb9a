#include <rondeau/openapi/diff.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "openapi/schema_diff.h"

namespace rondeau::openapi {

using nlohmann::json;

namespace {

const json kNothing = json::object();

const json& member(const json& object, const std::string& name) {
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

constexpr const char* kMethods[] = {"get", "put", "post", "delete", "options", "head", "patch", "trace"};

class DocumentDiff {
 public:
  DocumentDiff(const json& older, const json& newer, std::chrono::sys_days today)
      : older_(older), newer_(newer), today_(today), schemas_(older, newer, changes_) {}

  std::vector<Change> run() &&;

 private:
  void operation(const json& older, const json& newer, const std::string& pointer);
  void parameters(const json& older, const json& newer, const std::string& pointer);
  void body(const json& older, const json& newer, const std::string& pointer);
  void responses(const json& older, const json& newer, const std::string& pointer);
  void content(const json& older, const json& newer, Flow flow, const std::string& pointer);
  void security(const json& older, const json& newer, const std::string& pointer);
  bool is_past_sunset(const json& operation) const;
  void tell(bool breaking, std::string pointer, std::string text) {
    changes_.push_back({breaking, std::move(pointer), std::move(text)});
  }

  const json& older_;
  const json& newer_;
  const std::chrono::sys_days today_;
  std::vector<Change> changes_;
  SchemaDiff schemas_;
};

std::vector<Change> DocumentDiff::run() && {
  const json& old_paths = member(older_, "paths");
  const json& new_paths = member(newer_, "paths");
  for (const auto& [path, old_item] : old_paths.items()) {
    const std::string at_path = "/paths" + step(path);
    const json& new_item = member(new_paths, path);
    for (const char* method : kMethods) {
      const std::string pointer = at_path + step(method);
      const json& old_operation = member(old_item, method);
      const bool was = old_item.is_object() && old_item.contains(method);
      const bool is = new_item.is_object() && new_item.contains(method);
      const std::size_t before = changes_.size();
      if (was && !is) {
        tell(true, pointer, new_paths.contains(path) ? "the method is gone" : "the path is gone");
      } else if (!was && is) {
        tell(false, pointer, "the method is new");
      } else if (was) {
        operation(old_operation, new_item[method], pointer);
      }
      if (!was || !is_past_sunset(old_operation)) continue;
      for (std::size_t i = before; i < changes_.size(); ++i) changes_[i].breaking = false;
    }
  }
  for (const auto& [path, new_item] : new_paths.items()) {
    if (!old_paths.contains(path)) tell(false, "/paths" + step(path), "the path is new");
  }
  return std::move(changes_);
}

bool DocumentDiff::is_past_sunset(const json& operation) const {
  if (member(operation, "deprecated") != true) return false;
  const json& sunset = member(operation, "x-sunset");
  if (!sunset.is_string()) return false;
  const std::string text = sunset.get<std::string>();
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto number = [&](std::size_t at, std::size_t size, auto& value) {
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + size, value);
    return error == std::errc() && end == begin + size;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-' || !number(0, 4, year) || !number(5, 2, month) ||
      !number(8, 2, day)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return date.ok() && std::chrono::sys_days(date) < today_;
}

void DocumentDiff::operation(const json& older, const json& newer, const std::string& pointer) {
  parameters(member(older, "parameters"), member(newer, "parameters"), pointer + "/parameters");
  body(member(older, "requestBody"), member(newer, "requestBody"), pointer + "/requestBody");
  responses(member(older, "responses"), member(newer, "responses"), pointer + "/responses");
  security(member(older, "security"), member(newer, "security"), pointer + "/security");
  if (member(older, "deprecated") != true && member(newer, "deprecated") == true) {
    tell(false, pointer, "is deprecated now");
  }
}

void DocumentDiff::parameters(const json& older, const json& newer, const std::string& pointer) {
  struct Named {
    const json* parameter;
    std::string pointer;
  };
  const auto by_name = [&](const json& all, bool is_older) {
    std::map<std::string, Named> named;
    if (!all.is_array()) return named;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const json& one = is_older ? schemas_.resolve_older(all[i]) : schemas_.resolve_newer(all[i]);
      const json& in = member(one, "in");
      const json& name = member(one, "name");
      if (!in.is_string() || !name.is_string()) continue;
      named.emplace(in.get<std::string>() + " parameter " + name.get<std::string>(),
                    Named{&one, pointer + "/" + std::to_string(i)});
    }
    return named;
  };
  const auto old_all = by_name(older, true);
  const auto new_all = by_name(newer, false);
  for (const auto& [name, was] : old_all) {
    const auto is = new_all.find(name);
    if (is == new_all.end()) {
      tell(false, was.pointer, "the " + name + " is gone");  // sent all the same, it is passed over
      continue;
    }
    const bool was_required = member(*was.parameter, "required") == true;
    const bool is_required = member(*is->second.parameter, "required") == true;
    if (!was_required && is_required) tell(true, was.pointer, "the " + name + " is required now");
    if (was_required && !is_required) tell(false, was.pointer, "the " + name + " may now be absent");
    schemas_.compare(member(*was.parameter, "schema"), member(*is->second.parameter, "schema"), Flow::Request,
                     was.pointer + "/schema");
  }
  for (const auto& [name, is] : new_all) {
    if (old_all.contains(name)) continue;
    const bool required = member(*is.parameter, "required") == true;
    tell(required, is.pointer, "the " + name + (required ? " is new, and required" : " is new"));
  }
}

void DocumentDiff::body(const json& older, const json& newer, const std::string& pointer) {
  const json& was = schemas_.resolve_older(older);
  const json& is = schemas_.resolve_newer(newer);
  const bool was_required = member(was, "required") == true;
  const bool is_required = member(is, "required") == true;
  if (was.empty() && !is.empty()) {
    return tell(is_required, pointer, is_required ? "a body is required now" : "there may be a body now");
  }
  if (!was.empty() && is.empty()) return tell(true, pointer, "no body is taken any more");
  if (!was_required && is_required) tell(true, pointer, "the body is required now");
  if (was_required && !is_required) tell(false, pointer, "the body may now be absent");
  content(member(was, "content"), member(is, "content"), Flow::Request, pointer + "/content");
}

void DocumentDiff::content(const json& older, const json& newer, Flow flow, const std::string& pointer) {
  for (const auto& [type, was] : older.items()) {
    const std::string where = pointer + step(type);
    if (!newer.contains(type)) {
      tell(true, where, "the content type is gone");
    } else {
      schemas_.compare(member(was, "schema"), member(newer[type], "schema"), flow, where + "/schema");
    }
  }
  for (const auto& [type, is] : newer.items()) {
    // Nobody gets it who does not ask for it.
    if (!older.contains(type)) tell(false, pointer + step(type), "the content type is new");
  }
}

void DocumentDiff::responses(const json& older, const json& newer, const std::string& pointer) {
  const auto succeeds = [](const std::string& status) { return status[0] == '2' || status[0] == '3'; };
  for (const auto& [status, old_response] : older.items()) {
    const std::string where = pointer + step(status);
    if (!newer.contains(status)) {
      tell(succeeds(status), where, "the answer is gone");
      continue;
    }
    const json& was = schemas_.resolve_older(old_response);
    const json& is = schemas_.resolve_newer(newer[status]);
    content(member(was, "content"), member(is, "content"), Flow::Response, where + "/content");
    for (const auto& [name, header] : member(was, "headers").items()) {
      if (!member(is, "headers").contains(name)) tell(true, where + "/headers" + step(name), "the field is gone");
    }
  }
  for (const auto& [status, is] : newer.items()) {
    if (!older.contains(status)) tell(false, pointer + step(status), "the answer is new");
  }
}

/// One more way in breaks nobody; one fewer, or the first at all, does.
void DocumentDiff::security(const json& older, const json& newer, const std::string& pointer) {
  const json& old_global = member(older_, "security");
  const json& new_global = member(newer_, "security");
  const json& was = older.is_array() ? older : old_global;
  const json& is = newer.is_array() ? newer : new_global;
  const auto is_open = [](const json& ways) {
    return !ways.is_array() || ways.empty() ||
           std::ranges::any_of(ways, [](const json& way) { return way.is_object() && way.empty(); });
  };
  if (is_open(is)) {
    if (!is_open(was)) tell(false, pointer, "is no longer asked for");
    return;
  }
  if (is_open(was)) return tell(true, pointer, "is asked for now: " + is.dump());
  // A way that worked still works where some new way asks for no more schemes and scopes.
  const auto asks_no_more = [](const json& new_way, const json& old_way) {
    for (const auto& [name, scopes] : new_way.items()) {
      const auto known = old_way.find(name);
      if (known == old_way.end()) return false;
      for (const json& scope : scopes) {
        if (std::ranges::find(*known, scope) == known->end()) return false;
      }
    }
    return true;
  };
  for (const json& way : was) {
    const bool works = std::ranges::any_of(is, [&](const json& candidate) { return asks_no_more(candidate, way); });
    if (!works) tell(true, pointer, "asks for more than " + way.dump());
  }
}

Result<json> parse(std::string_view text, const char* which) {
  json document = json::parse(text, nullptr, false);
  const std::string name = std::string("the ") + which + " document ";
  if (document.is_discarded()) return Error(Errc::InvalidData, name + "is no JSON");
  const json& version = member(document, "openapi");
  if (!version.is_string() || !version.get<std::string>().starts_with("3.1")) {
    return Error(Errc::InvalidData, name + "is not OpenAPI 3.1");
  }
  if (!document.contains("paths") || !document["paths"].is_object()) {
    return Error(Errc::InvalidData, name + "has no paths");
  }
  return document;
}

}  // namespace

std::string Change::line() const {
  return (breaking ? "breaking  " : "          ") + pointer + ": " + text;
}

Result<std::vector<Change>> diff(std::string_view older, std::string_view newer, std::chrono::sys_days today) {
  RONDEAU_TRY_PLAIN(const json old_document, parse(older, "older"));
  RONDEAU_TRY_PLAIN(const json new_document, parse(newer, "newer"));
  try {
    return DocumentDiff(old_document, new_document, today).run();
  } catch (const json::exception&) {
    return Error(Errc::InvalidData, "a document is not formed as OpenAPI says");
  }
}

int print_diff(std::string_view older, std::string_view newer) {
  const auto changes = diff(older, newer);
  if (!changes) {
    std::fprintf(stderr, "%s\n", std::string(changes.error().context()).c_str());
    return 2;
  }
  for (const Change& change : *changes) std::printf("%s\n", change.line().c_str());
  return std::ranges::any_of(*changes, &Change::breaking) ? 1 : 0;
}

int print_diff_to_file(const std::string& older_file, std::string_view newer) {
  std::ifstream file(older_file, std::ios::binary);
  const std::string older((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    std::fprintf(stderr, "%s cannot be read\n", older_file.c_str());
    return 2;
  }
  return print_diff(older, newer);
}

}  // namespace rondeau::openapi
