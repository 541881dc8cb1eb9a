#include "tls/pem_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <rondeau/base/unique_fd.h>

#include "tls/errors.h"

namespace rondeau::tls {
namespace {

constexpr std::size_t kLargestFile = 8 * 1024 * 1024;

/// Nobody is asked for a pass phrase: OpenSSL's own way would wait on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

Result<std::string> content(const char* kind, const Pem& pem) {
  if (!pem.is_file()) return pem.value();
  auto text = read_file(pem.value());
  if (!text) return text.error().with(name_of(kind, pem));
  return text;
}

Result<BioPtr> memory_of(const std::string& text) {
  BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (memory == nullptr) return Errc::OutOfMemory;
  ERR_clear_error();
  return memory;
}

/// Reads until there is no more; what is broken in the middle is an error, not the end.
template <class Owned, class Read>
Result<std::vector<Owned>> read_all(const char* kind, const Pem& pem, const char* what, Read read) {
  RONDEAU_TRY_PLAIN(const std::string text, content(kind, pem));
  RONDEAU_TRY_PLAIN(const BioPtr memory, memory_of(text));
  std::vector<Owned> found;
  while (Owned one{read(memory.get(), nullptr, &no_pass_phrase, nullptr)}) found.push_back(std::move(one));
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return wrong_setting(name_of(kind, pem), take_reason());
  }
  ERR_clear_error();
  if (found.empty()) return wrong_setting(name_of(kind, pem), std::string("there is no ") + what + " in it");
  return found;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Error::from_os(errno);
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + 16 * 1024);
    const ssize_t count = ::read(file.get(), text.data() + before, text.size() - before);
    if (count < 0 && errno == EINTR) {
      text.resize(before);
      continue;
    }
    if (count < 0) return Error::from_os(errno);
    text.resize(before + static_cast<std::size_t>(count));
    if (count == 0) return text;
    if (text.size() > kLargestFile) return Errc::TooLarge;
  }
}

std::string name_of(const char* kind, const Pem& pem) {
  return std::string("TLS ") + kind + (pem.is_file() ? " " + pem.value() : std::string());
}

Result<std::vector<CertificatePtr>> read_certificates(const char* kind, const Pem& pem) {
  return read_all<CertificatePtr>(kind, pem, "certificate", &PEM_read_bio_X509);
}

Result<std::vector<RevocationListPtr>> read_revocation_lists(const char* kind, const Pem& pem) {
  return read_all<RevocationListPtr>(kind, pem, "revocation list", &PEM_read_bio_X509_CRL);
}

Result<KeyPtr> read_key(const Pem& pem) {
  RONDEAU_TRY_PLAIN(const std::string text, content("key", pem));
  RONDEAU_TRY_PLAIN(const BioPtr memory, memory_of(text));
  KeyPtr key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_pass_phrase, nullptr));
  if (key != nullptr) {
    ERR_clear_error();
    return key;
  }
  ERR_clear_error();
  const bool encrypted = text.find("ENCRYPTED") != std::string::npos;
  return wrong_setting(name_of("key", pem), encrypted ? "it is encrypted; give one that is not, in a file only the "
                                                        "service can read"
                                                      : "there is no private key in it that can be read");
}

}  // namespace rondeau::tls
