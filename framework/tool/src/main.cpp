// rondeau: writes services, and helps while they grow. See framework/guide/new-service.md.
#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "commands.h"

namespace rondeau::tool {

namespace {

int run(std::span<const std::string> words) {
  if (words.empty() || words[0] == "--help" || words[0] == "help" || words[0] == "-h") {
    std::fputs(help_of_all(commands()).c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kRefused : kEnded;
  }
  if (words[0] == "--version") return std::printf("rondeau %s\n", RONDEAU_VERSION), kEnded;
  const auto found = find_command(commands(), words);
  if (!found) return report(found.error());
  const auto rest = words.subspan(found->words);
  const auto own = rest.first(static_cast<std::size_t>(std::ranges::find(rest, "--") - rest.begin()));
  if (std::ranges::find(own, "--help") != own.end()) {
    std::fputs(help_of(*found->command).c_str(), stdout);
    return kEnded;
  }
  const auto parsed = parse_words(*found->command, rest);
  return parsed ? found->command->run(*parsed) : report(parsed.error());
}

}  // namespace
}  // namespace rondeau::tool

int main(int argc, char** argv) {
  return rondeau::tool::run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}
