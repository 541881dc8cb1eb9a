#include "service/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <rondeau/reflect/nearest.h>

namespace rondeau::service {
namespace {

struct Flag {
  std::string_view name;
  std::string_view argument;  ///< "" for none
  std::string_view help;
};

constexpr Flag kFlags[] = {
    {"--help", "", "this text"},
    {"--version", "", "name and version"},
    {"--config", "FILE", "settings, instead of config/default.json and config/PROFILE.json"},
    {"--set", "KEY=VALUE", "one setting, e.g. --set shutdown.timeout=10s"},
    {"--profile", "dev|prod", "default prod; also RONDEAU_PROFILE"},
    {"--port", "N", "of server.listen; 0: the system picks"},
    {"--listen", "ADDRESS", "server.listen: HOST:PORT or unix:PATH, several with commas between"},
    {"--admin", "ADDRESS", "admin.listen: HOST:PORT or unix:PATH"},
    {"--log-level", "LEVELS", "trace, debug, info, warn, error or off; of some targets: info,sql=debug"},
    {"--workers", "N", "runtime.workers"},
    {"--check-config", "", "check the settings and exit: 0, or 78 with every mistake"},
    {"--print-config", "", "print each setting, its value and where it came from"},
    {"--print-routes", "", "print each route with its place, layers and limits"},
    {"--print-openapi", "", "print the OpenAPI document"},
    {"--migrate", "", "set up, which brings databases up to date, and exit"},
    {"--health-check", "", "ask the running process at /readyz: 0, or 1 where it is not ready"},
    {"--url", "URL", "what --health-check asks instead"},
    {"--drain", "", "tell the running process, over admin.listen, to drain"},
    {"--openapi-diff", "FILE", "what changed since that document: 0, 1 something breaking, 2 unreadable"},
};

Error usage(std::string text) {
  return Error(Errc::InvalidArgument, std::move(text));
}

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

Error unknown_flag(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Flag& flag : kFlags) names.push_back(flag.name);
  const std::string_view near = reflect::nearest(name, names);
  return usage("unknown flag " + std::string(name) +
               (near.empty() ? "; --help lists them" : ", did you mean " + std::string(near) + "?"));
}

Result<void> take(Flags& flags, std::string_view name, std::string value) {
  const std::string shown(name);
  if (name == "--help") flags.action = Action::Help;
  if (name == "--version") flags.action = Action::Version;
  if (name == "--check-config") flags.action = Action::CheckConfig;
  if (name == "--print-config") flags.action = Action::PrintConfig;
  if (name == "--print-routes") flags.action = Action::PrintRoutes;
  if (name == "--print-openapi") flags.action = Action::PrintOpenApi;
  if (name == "--migrate") flags.action = Action::Migrate;
  if (name == "--health-check") flags.action = Action::HealthCheck;
  if (name == "--drain") flags.action = Action::Drain;
  if (name == "--url") flags.url = value;
  if (name == "--openapi-diff") {
    flags.action = Action::OpenApiDiff;
    flags.older_document = value;
  }
  if (name == "--config") flags.config = std::move(value);
  if (name == "--listen") flags.settings.push_back({"server.listen", std::move(value), shown});
  if (name == "--port") {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error != std::errc() || end != value.data() + value.size()) {
      return usage("--port takes a number from 0 to 65535, not \"" + value + "\"");
    }
    flags.settings.push_back({"port", std::move(value), shown});
  }
  if (name == "--admin") flags.settings.push_back({"admin.listen", std::move(value), shown});
  if (name == "--log-level") flags.settings.push_back({"log.level", std::move(value), shown});
  if (name == "--workers") flags.settings.push_back({"runtime.workers", std::move(value), shown});
  if (name == "--set") {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) return usage("--set takes KEY=VALUE, not \"" + value + "\"");
    flags.settings.push_back({value.substr(0, equals), value.substr(equals + 1), "--set " + value.substr(0, equals)});
  }
  if (name == "--profile") {
    if (value != "dev" && value != "prod") return usage("--profile takes dev or prod, not \"" + value + "\"");
    flags.profile = value == "dev" ? Profile::Dev : Profile::Prod;
  }
  return {};
}

}  // namespace

Result<Flags> parse_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (!word.starts_with("--")) return usage("unexpected \"" + std::string(word) + "\"; --help lists the flags");
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Flag* flag = find_flag(name);
    if (flag == nullptr) return unknown_flag(name);
    std::string value;
    if (!flag->argument.empty()) {
      if (equals != std::string_view::npos) {
        value = word.substr(equals + 1);
      } else if (i + 1 < argc) {
        value = argv[++i];
      } else {
        return usage(std::string(name) + " needs " + std::string(flag->argument));
      }
    } else if (equals != std::string_view::npos) {
      return usage(std::string(name) + " takes no value");
    }
    RONDEAU_TRY_VOID_PLAIN(take(flags, name, std::move(value)));
  }
  if (flags.url && flags.action != Action::HealthCheck) return usage("--url goes with --health-check");
  return flags;
}

std::string help_text(const std::string& name, const std::string& version) {
  std::string text = name + " " + version + "\n\nusage: " + name + " [flags]\n\n";
  for (const Flag& flag : kFlags) {
    std::string left = "  " + std::string(flag.name) + (flag.argument.empty() ? "" : " " + std::string(flag.argument));
    left.resize(std::max<std::size_t>(left.size() + 2, 28), ' ');
    text += left + std::string(flag.help) + "\n";
  }
  std::string prefix;
  for (const char c : name) prefix += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  text += "\nSettings come from, later wins: defaults, config/default.json, config/PROFILE.json, the environment\n(" +
          prefix +
          "__SERVER__LISTEN=…), flags. --print-config shows them all.\n"
          "Exit codes: 0 ended as asked, 1 failed, 2 usage, 69 something needed at start is missing, 78 settings.\n";
  return text;
}

}  // namespace rondeau::service
