// rondeau completion: what shells complete, from the same table as --help.
#include "commands.h"

#include <cstdio>
#include <set>

namespace rondeau::tool {
namespace {

std::string first_word(std::string_view name) {
  return std::string(name.substr(0, name.find(' ')));
}
std::string second_word(std::string_view name) {
  return name.find(' ') == std::string_view::npos ? "" : std::string(name.substr(name.find(' ') + 1));
}

/// "--db --dir …", with --help.
std::string option_names(const Command& command) {
  std::string names;
  for (const Option& option : command.options) names += std::string(option.name) + " ";
  return names + "--help";
}
std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

std::string first_words() {
  std::string text;
  std::set<std::string> said;
  for (const Command& command : commands()) {
    if (said.insert(first_word(command.name)).second) text += first_word(command.name) + " ";
  }
  return text + "--help --version";
}
std::string second_words(const std::string& first) {
  std::string text;
  for (const Command& command : commands()) {
    if (first_word(command.name) == first && !second_word(command.name).empty())
      text += second_word(command.name) + " ";
  }
  return text;
}

/// Within double quotes of the shells.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) out += std::string(c == '"' || c == '\\' || c == '$' || c == '`' ? "\\" : "") + c;
  return out;
}

/// Serves zsh, too, by its bashcompinit.
std::string for_bash() {
  std::string text =
      "_rondeau() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
      "  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n";
  // Those of two words first: the others' patterns take anything behind theirs.
  for (const bool two : {true, false}) {
    for (const Command& command : commands()) {
      if (second_word(command.name).empty() == two) continue;
      text += "    \"" + std::string(command.name) + "\"" + (two ? "" : "*") + ")\n      words=\"" +
              option_names(command) + "\"\n      case $prev in\n";
      for (const Option& option : command.options) {
        const auto choices = choices_of(option);
        if (!choices.empty()) {
          text += "        " + std::string(option.name) + ") words=\"" + joined(choices) + "\" ;;\n";
        } else if (option.argument == "FOLDER") {
          text += "        " + std::string(option.name) + ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n";
        }
      }
      text += "      esac ;;\n";
    }
  }
  text += "  esac\n  if [[ $COMP_CWORD -eq 1 ]]; then\n    words=\"" + first_words() +
          "\"\n  elif [[ $COMP_CWORD -eq 2 ]]; then\n"
          "    case ${COMP_WORDS[1]} in\n";
  std::set<std::string> said;
  for (const Command& command : commands()) {
    const std::string first = first_word(command.name);
    const std::string seconds = second_words(first);
    if (!seconds.empty() && said.insert(first).second) text += "      " + first + ") words+=\" " + seconds + "\" ;;\n";
  }
  return text +
         "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _rondeau "
         "rondeau\n";
}

std::string for_zsh() {
  return "#compdef rondeau\nautoload -Uz bashcompinit && bashcompinit\n" + for_bash();
}

std::string for_fish() {
  std::string text = "complete -c rondeau -f\n";
  std::set<std::string> said;
  for (const Command& command : commands()) {
    const std::string first = first_word(command.name);
    const std::string second = second_word(command.name);
    if (said.insert(first).second) {
      text += "complete -c rondeau -n __fish_use_subcommand -a " + first +
              (second.empty() ? " -d \"" + quoted(command.summary) + "\"" : "") + "\n";
    }
    std::string here = "__fish_seen_subcommand_from " + first;
    if (!second.empty()) {
      text += "complete -c rondeau -n \"" + here + "\" -a " + second + " -d \"" + quoted(command.summary) + "\"\n";
      here += "; and __fish_seen_subcommand_from " + second;
    }
    for (const Option& option : command.options) {
      text += "complete -c rondeau -n \"" + here + "\" -l " + std::string(option.name.substr(2)) + " -d \"" +
              quoted(option.help) + "\"";
      if (option.argument == "FOLDER") {
        text += " -r -F";
      } else if (!option.argument.empty()) {
        text += " -x";
      }
      if (const auto choices = choices_of(option); !choices.empty()) text += " -a \"" + joined(choices) + "\"";
      text += "\n";
    }
  }
  return text;
}

}  // namespace

int run_completion(const Words& words) {
  const std::string& shell = words.argument(0);
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    return report(refuse("there is completion for bash, zsh and fish, not for \"" + shell + "\""));
  }
  std::fputs((shell == "bash" ? for_bash() : shell == "zsh" ? for_zsh() : for_fish()).c_str(), stdout);
  return kEnded;
}

}  // namespace rondeau::tool
