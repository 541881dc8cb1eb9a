#include "command_line.h"

#include <algorithm>

#include <rondeau/reflect/nearest.h>

namespace rondeau::tool {
namespace {

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(by), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool takes_rest(const Command& command) {
  return command.arguments.ends_with("[-- FLAGS]");
}

/// Names of what may be given, and how many must be.
struct Wanted {
  std::vector<std::string_view> names;
  std::size_t least = 0;
};
Wanted wanted(const Command& command) {
  Wanted result;
  std::string_view text = command.arguments;
  if (takes_rest(command)) text.remove_suffix(std::string_view("[-- FLAGS]").size());
  for (const std::string_view name : split(text, ' ')) {
    result.names.push_back(name);
    if (!name.starts_with('[')) ++result.least;
  }
  return result;
}

std::string ask_help(const Command& command) {
  return "; rondeau " + std::string(command.name) + " --help tells more";
}

std::string with_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) text += "  " + left + std::string(width + 2 - left.size(), ' ') + right + "\n";
  return text;
}

std::string usage_of(const Command& command) {
  std::string text(command.name);
  if (!command.arguments.empty()) text += " " + std::string(command.arguments);
  return text;
}

}  // namespace

std::optional<std::string> Words::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string_view> choices_of(const Option& option) {
  return option.argument.find('|') != std::string_view::npos ? split(option.argument, '|')
                                                             : std::vector<std::string_view>();
}

Outcome<Words> parse_words(const Command& command, std::span<const std::string> words) {
  Words result;
  const Wanted arguments = wanted(command);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" && takes_rest(command)) {
      result.rest_.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (!word.starts_with("--") || word == "--") {
      if (word.size() > 1 && word.front() == '-') return refuse("there is no option " + word + ask_help(command));
      if (result.arguments_.size() == arguments.names.size()) {
        return refuse("what is \"" + word + "\" here" + ask_help(command));
      }
      result.arguments_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::ranges::find(command.options, name, &Option::name);
    if (option == command.options.end()) {
      std::vector<std::string_view> names{"--help"};
      for (const Option& known : command.options) names.push_back(known.name);
      const std::string_view near = reflect::nearest(name, names);
      return refuse("there is no option " + name +
                    (near.empty() ? ask_help(command) : ", did you mean " + std::string(near) + "?"));
    }
    std::string value;
    if (option->argument.empty()) {
      if (equals != std::string::npos) return refuse(name + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return refuse(name + " needs " + std::string(option->argument));
    }
    if (const auto choices = choices_of(*option);
        !choices.empty() && std::ranges::find(choices, value) == choices.end()) {
      const std::string_view near = reflect::nearest(value, choices);
      return refuse(name + " is one of " + std::string(option->argument) + ", not \"" + value + "\"" +
                    (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
    }
    result.options_.insert_or_assign(name, std::move(value));
  }
  if (result.arguments_.size() < arguments.least) {
    return refuse("rondeau " + std::string(command.name) + " needs " +
                  std::string(arguments.names[result.arguments_.size()]) + ask_help(command));
  }
  return result;
}

Outcome<Found> find_command(std::span<const Command> commands, std::span<const std::string> words) {
  const std::string first = words.empty() ? std::string() : words[0];
  const std::string both = words.size() < 2 ? std::string() : first + " " + words[1];
  const Command* one = nullptr;
  for (const Command& command : commands) {
    if (command.name == both) return Found{&command, 2};
    if (command.name == first) one = &command;
  }
  if (one != nullptr) return Found{one, 1};
  std::vector<std::string_view> names{"--help", "--version"};
  std::vector<std::string> seconds;
  for (const Command& command : commands) {
    names.push_back(command.name.substr(0, command.name.find(' ')));
    if (command.name.starts_with(first + " ")) seconds.emplace_back(command.name.substr(first.size() + 1));
  }
  if (!seconds.empty()) {
    std::string all;
    for (const std::string& second : seconds) all += (all.empty() ? "" : ", ") + second;
    const std::vector<std::string_view> candidates(seconds.begin(), seconds.end());
    const std::string_view near = words.size() < 2 ? std::string_view() : reflect::nearest(words[1], candidates);
    return refuse("rondeau " + first + " is followed by one of: " + all +
                  (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
  }
  const std::string_view near = reflect::nearest(first, names);
  return refuse("there is no command \"" + first + "\"" +
                (near.empty() ? "; rondeau --help lists them" : ", did you mean " + std::string(near) + "?"));
}

std::string help_of_all(std::span<const Command> commands) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands) rows.emplace_back(usage_of(command), command.summary);
  return "rondeau: writes services, and helps while they grow\n\nusage: rondeau COMMAND …\n\n" + with_columns(rows) +
         "\nrondeau COMMAND --help tells what a command takes; rondeau --version says which this is.\n"
         "Nothing is ever asked: every choice is an option with a default.\n"
         "Exit status: 0 done, 1 it was tried and failed, or the answer is no, 2 it cannot be asked for.\n";
}

std::string help_of(const Command& command) {
  std::string text = std::string(command.summary) + "\n\nusage: rondeau " + usage_of(command) +
                     (command.options.empty() ? "" : " [options]") + "\n";
  if (command.options.empty()) return text;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : command.options) {
    rows.emplace_back(std::string(option.name) + (option.argument.empty() ? "" : " " + std::string(option.argument)),
                      option.help);
  }
  return text + "\n" + with_columns(rows);
}

}  // namespace rondeau::tool
