#include "parts.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <rondeau/routing/pattern.h>

#include "names.h"

namespace rondeau::tool {
namespace {

struct MethodNames {
  std::string_view method;
  std::string_view enumerator;
  std::string_view function;  ///< of Router
};
constexpr std::array kMethods = std::to_array<MethodNames>({{"GET", "Get", "get"},
                                                            {"POST", "Post", "post"},
                                                            {"PUT", "Put", "put"},
                                                            {"PATCH", "Patch", "patch"},
                                                            {"DELETE", "Delete", "del"}});

const MethodNames& names_of(std::string_view method) {
  return *std::ranges::find(kMethods, method, &MethodNames::method);
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// "GET", "/orders/{id}/items" are get_orders_id_items.
std::string function_name(std::string_view method, std::string_view pattern) {
  std::string name;
  for (const char c : std::string(method) + std::string(pattern)) {
    const char next = is_word(c) ? lower(c) : '_';
    if (next != '_' || name.back() != '_') name += next;
  }
  while (name.back() == '_') name.pop_back();
  return name;
}

std::vector<std::string> parameters_of(std::string_view pattern) {
  std::vector<std::string> parameters;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    const std::size_t begin = open + (pattern.substr(open + 1).starts_with('*') ? 2 : 1);
    parameters.emplace_back(pattern.substr(begin, pattern.find('}', open) - begin));
  }
  return parameters;
}

/// With something in place of each parameter; `{*rest}` takes two segments.
std::string example_of(std::string_view pattern) {
  std::string path;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    path += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    pattern.remove_prefix(open + 1);
    const std::size_t close = pattern.find('}');
    const std::string_view name = pattern.substr(0, close);
    path += name.starts_with('*') ? "a/" + std::string(name.substr(1)) : "a-" + std::string(name);
    pattern.remove_prefix(close + 1);
  }
  return path;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
  return text;
}

}  // namespace

std::string type_name(std::string_view identifier) {
  std::string name;
  bool begins = true;
  for (const char c : identifier) {
    if (c == '_') {
      begins = true;
    } else {
      name += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      begins = false;
    }
  }
  return name;
}

std::string RoutePart::line() const {
  return "router." + std::string(names_of(method).function) + "<\"" + pattern + "\", " + name + ">().summary(\"" +
         method + " " + pattern + "\");";
}

void RoutePart::add_words(Vocabulary& vocabulary) const {
  std::vector<std::string> members, taken, own, values, answer;
  for (const std::string& parameter : parameters) {
    const bool wild = pattern.find("{*" + parameter + "}") != std::string::npos;
    members.push_back("  std::string " + parameter + ";");
    taken.push_back("rondeau::Path<\"" + parameter + "\", std::string> " + parameter);
    own.push_back("Path<\"" + parameter + "\", std::string> " + parameter);
    values.push_back("*" + parameter);
    answer.push_back("\"" + parameter + "\":\"" + (wild ? "a/" : "a-") + parameter + "\"");
  }
  if (parameters.empty()) {
    members.emplace_back("  std::string operation;");
    values.push_back("\"" + method + " " + pattern + "\"");
    answer.push_back("\"operation\":\"" + method + " " + pattern + "\"");
  }
  auto& words = vocabulary.words;
  words["part"] = name;
  words["Part"] = type_name(name);
  words["method"] = method;
  words["Method"] = names_of(method).enumerator;
  words["pattern"] = pattern;
  words["members"] = joined(members, "\n");
  words["parameters"] = taken.empty() ? "" : "\n    " + joined(taken, ", ");
  words["own_parameters"] = joined(own, ", ");
  words["values"] = joined(values, ", ");
  words["example"] = example_of(pattern);
  words["answer"] = "{" + joined(answer, ",") + "}";
}

Outcome<RoutePart> route_part(std::string method, std::string_view pattern) {
  std::ranges::transform(method, method.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (std::ranges::find(kMethods, method, &MethodNames::method) == kMethods.end()) {
    return refuse("a route is for GET, POST, PUT, PATCH or DELETE, not for \"" + method + "\"");
  }
  if (const auto error = routing::check_pattern(pattern); error != routing::PatternError::None) {
    return refuse("\"" + std::string(pattern) + "\": " + std::string(routing::to_string(error)));
  }
  RoutePart part{method, std::string(pattern), function_name(method, pattern), parameters_of(pattern)};
  for (const char c : pattern) {
    if (!is_word(c) && std::string_view("/{}*-.~").find(c) == std::string_view::npos) {
      return refuse("\"" + std::string(pattern) + "\": write a route with such characters by hand");
    }
  }
  for (const std::string& parameter : part.parameters) {
    const bool word = std::ranges::all_of(parameter, is_word) && !(parameter[0] >= '0' && parameter[0] <= '9');
    if (!word || is_keyword(parameter)) return refuse("{" + parameter + "} is no name for a parameter in C++");
  }
  return part;
}

std::optional<std::string> next_migration(const std::vector<std::string>& files, std::string_view name) {
  long newest = 0;
  for (const std::string& file : files) {
    const std::size_t line = file.find('_');
    if (line == std::string::npos) continue;
    newest = std::max(newest, std::strtol(file.c_str(), nullptr, 10));
    const std::string_view rest = std::string_view(file).substr(line + 1);
    if (rest.substr(0, rest.find('.')) == name) return std::nullopt;
  }
  std::string number = std::to_string(newest + 1);
  return std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number;
}

}  // namespace rondeau::tool
