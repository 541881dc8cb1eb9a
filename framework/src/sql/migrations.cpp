#include <rondeau/sql/migrations.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include <rondeau/crypto/digest.h>
#include <rondeau/text/utf8.h>

namespace rondeau::sql {
namespace {

Error error_of(std::string message) {
  return Error(ErrorKind::Migration, {.message = std::move(message), .phase = Phase::Migrate});
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i];
  }
  return out;
}

std::string in_hexadecimal(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

bool runs_in_transaction(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line != "-- no-transaction";
}

}  // namespace

Result<Migrations, Error> Migrations::from_files(std::span<const MigrationFile> files) {
  Migrations all;
  for (const MigrationFile& file : files) {
    std::string_view name = file.name;
    if (!take_suffix(name, ".sql")) continue;
    Named named;
    if (take_suffix(name, ".postgres")) named.system = "postgresql";
    if (named.system.empty() && take_suffix(name, ".sqlite")) named.system = "sqlite";
    named.undo = take_suffix(name, ".down");
    const std::size_t underscore = name.find('_');
    const std::string_view number = name.substr(0, underscore);
    const std::string_view rest = underscore == std::string_view::npos ? "" : name.substr(underscore + 1);
    for (const char c : number) {
      if (c < '0' || c > '9' || number.size() > 9) return error_of(file.name + ": a migration is called NNNN_name.sql");
      named.version = named.version * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (named.version == 0 || rest.empty() || rest.find_first_of("./") != std::string_view::npos) {
      return error_of(file.name + ": a migration is called NNNN_name.sql, with a number from 1 on");
    }
    if (!text::is_utf8(file.text) || file.text.find('\0') != std::string::npos) {
      return error_of(file.name + ": the text is no UTF-8");
    }
    named.description = rest;
    std::replace(named.description.begin(), named.description.end(), '_', ' ');
    named.text = with_line_feeds(file.text);
    for (const Named& other : all.files_) {
      if (other.version != named.version) continue;
      if (other.description != named.description) {
        return error_of(file.name + ": version " + std::to_string(named.version) + " is also called \"" +
                        other.description + "\"");
      }
      if (other.system == named.system && other.undo == named.undo) return error_of(file.name + ": is there twice");
    }
    all.files_.push_back(std::move(named));
  }
  std::sort(all.files_.begin(), all.files_.end(), [](const Named& a, const Named& b) {
    return std::tie(a.version, a.system, a.undo) < std::tie(b.version, b.system, b.undo);
  });
  return all;
}

Result<Migrations, Error> Migrations::from_folder(const std::string& path) {
  const auto failed = [&path](const std::string& what) {
    return Error(ErrorKind::Config, {.message = "migrations " + path + ": " + what, .phase = Phase::Migrate});
  };
  std::error_code error;
  std::vector<MigrationFile> files;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".sql") continue;
    std::ifstream in(entry->path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return failed("cannot read " + entry->path().filename().string());
    files.push_back({entry->path().filename().string(), std::move(text)});
  }
  if (error) return failed(error.message());
  return from_files(files);
}

std::vector<Migrations::Step> Migrations::steps(std::string_view system) const {
  std::map<std::uint32_t, Step> steps;
  // Those for all first, then what is said for this one in particular.
  for (const bool particular : {false, true}) {
    for (const Named& file : files_) {
      if (file.system.empty() == particular || (particular && file.system != system)) continue;
      Step& step = steps[file.version];
      step.version = file.version;
      step.description = file.description;
      (file.undo ? step.undo : step.text) = file.text;
    }
  }
  std::vector<Step> all;
  for (auto& [version, step] : steps) {
    if (step.text.empty()) continue;  // of another database
    step.checksum = in_hexadecimal(crypto::sha256(step.text));
    step.in_transaction = runs_in_transaction(step.text);
    all.push_back(std::move(step));
  }
  return all;
}

std::string Migrations::checksum() const {
  std::string all;
  for (const Named& file : files_) {
    all += crypto::sha256_of_parts(
        {std::to_string(file.version), file.description, file.system, file.undo ? "down" : "up", file.text});
  }
  return in_hexadecimal(crypto::sha256(all));
}

}  // namespace rondeau::sql
