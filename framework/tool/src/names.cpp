#include "names.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>

namespace rondeau::tool {
namespace {

constexpr std::array kKeywords = std::to_array<std::string_view>(
    {"alignas",     "alignof",  "and",        "and_eq",    "asm",       "auto",         "bitand",
     "bitor",       "bool",     "break",      "case",      "catch",     "char",         "char16_t",
     "char32_t",    "char8_t",  "class",      "co_await",  "co_return", "co_yield",     "compl",
     "concept",     "const",    "const_cast", "consteval", "constexpr", "constinit",    "continue",
     "decltype",    "default",  "delete",     "do",        "double",    "dynamic_cast", "else",
     "enum",        "explicit", "export",     "extern",    "false",     "float",        "for",
     "friend",      "goto",     "if",         "inline",    "int",       "long",         "mutable",
     "namespace",   "new",      "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
     "or",          "or_eq",    "private",    "protected", "public",    "register",     "reinterpret_cast",
     "requires",    "return",   "short",      "signed",    "sizeof",    "static",       "static_assert",
     "static_cast", "struct",   "switch",     "template",  "this",      "thread_local", "throw",
     "true",        "try",      "typedef",    "typeid",    "typename",  "union",        "unsigned",
     "using",       "virtual",  "void",       "volatile",  "wchar_t",   "while",        "xor",
     "xor_eq"});
/// Namespaces, macros and tags that every program here has in sight.
constexpr std::array kTaken =
    std::to_array<std::string_view>({"assert", "doctest", "errno", "linux", "main", "nlohmann", "rondeau", "std",
                                     "stderr", "stdin", "stdout", "tm", "unix"});
/// Targets that Meson and ninja keep for themselves.
constexpr std::array kTargets =
    std::to_array<std::string_view>({"all", "benchmark", "clean", "dist", "install", "phony", "reconfigure",
                                     "scan-build", "test", "tests", "uninstall"});

bool holds(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string quoted(std::string_view word) {
  return "\"" + std::string(word) + "\"";
}

/// A function of the C library lives in the global namespace, where a namespace of its name would be an error of the
/// compiler that nobody understands.
bool is_function_of_c(const std::string& word) {
  for (const char* library : {"libc.so.6", "libm.so.6"}) {
    void* const handle = dlopen(library, RTLD_LAZY);
    if (handle == nullptr) continue;
    const bool found = dlsym(handle, word.c_str()) != nullptr;
    dlclose(handle);
    if (found) return true;
  }
  return false;
}

}  // namespace

bool is_keyword(std::string_view word) noexcept {
  return holds(kKeywords, word);
}

Outcome<void> check_service_name(std::string_view name) {
  const bool shaped = name.size() >= 2 && name.size() <= 63 && is_lower(name.front()) &&
                      std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (!shaped) {
    return refuse(
        "a service is named by 2 to 63 of a-z, 0-9 and '-', a letter first, since that becomes a host, a unit and a "
        "namespace; " +
        quoted(name) + " is no such name");
  }
  if (name.back() == '-')
    return refuse("a host name does not end in '-', so " + quoted(name) + " is no name for a service");
  const std::string ns = identifier_of(name);
  const std::string instead = "; take another, such as " + quoted(std::string(name) + "-service");
  if (is_keyword(ns)) return refuse(quoted(name) + " is a word of C++, which no namespace can have" + instead);
  if (holds(kTaken, ns)) return refuse(quoted(name) + " is taken by what every service includes" + instead);
  if (holds(kTargets, name)) return refuse(quoted(name) + " is a target that Meson keeps for itself" + instead);
  if (is_function_of_c(ns)) return refuse(quoted(name) + " is a function of the C library, so no namespace" + instead);
  return {};
}

Outcome<void> check_part_name(std::string_view what, std::string_view name) {
  const bool shaped =
      !name.empty() && name.size() <= 63 && is_lower(name.front()) &&
      std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; });
  if (!shaped) {
    return refuse(std::string(what) + " is named by 1 to 63 of a-z, 0-9, '-' and '_', a letter first; " + quoted(name) +
                  " is no such name");
  }
  if (is_keyword(identifier_of(name))) return refuse(quoted(name) + " is a word of C++; take another name");
  return {};
}

std::string identifier_of(std::string_view name) {
  std::string identifier(name);
  std::ranges::replace(identifier, '-', '_');
  return identifier;
}

std::string upper_of(std::string_view name) {
  std::string upper = identifier_of(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

}  // namespace rondeau::tool
