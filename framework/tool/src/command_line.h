// The table of commands, and what a command line says by it. Help, completion and suggestions all read this table.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.h"

namespace rondeau::tool {

struct Option {
  std::string_view name;      ///< "--db"
  std::string_view argument;  ///< "N", or its choices "none|sqlite|postgres"; empty: it has none
  std::string_view help;
};

class Words;

struct Command {
  std::string_view name;       ///< "new", or two words: "add route"
  std::string_view arguments;  ///< "METHOD PATTERN"; in brackets what may be absent; "[-- FLAGS]" is for a service
  std::string_view summary;
  std::span<const Option> options;
  int (*run)(const Words& words);
};

/// What was typed behind the command.
class Words {
 public:
  const std::string& argument(std::size_t index) const { return arguments_.at(index); }
  std::size_t arguments() const noexcept { return arguments_.size(); }
  bool has(std::string_view option) const { return options_.find(option) != options_.end(); }
  /// What followed it; the last one counts.
  std::optional<std::string> value(std::string_view option) const;
  /// Behind `--`.
  const std::vector<std::string>& rest() const noexcept { return rest_; }

 private:
  friend Outcome<Words> parse_words(const Command& command, std::span<const std::string> words);
  std::vector<std::string> arguments_;
  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> rest_;
};

/// Refused: unknown options, with the nearest; values that are missing, or none of the choices; too few or too many
/// arguments. `--option=value` is `--option value`.
Outcome<Words> parse_words(const Command& command, std::span<const std::string> words);

/// The command that the words begin with, and how many of them name it. Refused with the nearest name.
struct Found {
  const Command* command;
  std::size_t words;
};
Outcome<Found> find_command(std::span<const Command> commands, std::span<const std::string> words);

std::string help_of_all(std::span<const Command> commands);
std::string help_of(const Command& command);

/// Where an option's value is one of a few, those.
std::vector<std::string_view> choices_of(const Option& option);

}  // namespace rondeau::tool
