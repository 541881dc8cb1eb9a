// What both sides agree on, and whom they refuse.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/join.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

#include "runtime/tls/pair.h"
#include "runtime/tls/raw_peer.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using support::authority;
using support::Authority;
using support::CertificateWish;
using support::client_config;
using support::issued;
using support::MadeCertificate;
using support::RawPeer;
using support::server_config;
using support::shake;
using support::Shaken;
using tls::Pem;

/// Both ends' verdicts, as text: empty where they agreed.
struct Verdict {
  std::string server;
  std::string client;
  std::string alpn;
  std::string subject;  ///< of the server's certificate
};

Verdict judge(const tls::ServerConfig& server, const tls::ClientConfig& client,
              const std::string& name = "server.test") {
  return test::run([&]() -> Task<Verdict> {
    Shaken pair = co_await shake(server, client, name);
    Verdict verdict;
    if (!pair.server) verdict.server = pair.server.error().message();
    if (!pair.client) {
      verdict.client = pair.client.error().message();
    } else {
      verdict.alpn = pair.client->alpn();
      verdict.subject = pair.client->peer_certificate()->subject;
      // A client of version 1.3 has not heard yet what the server thinks of its certificate.
      std::byte room[8];
      if (pair.client->version() == "TLSv1.3" && !pair.server) {
        verdict.client = (co_await pair.client->read_some(room)).error().message();
      }
    }
    co_return verdict;
  });
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

tls::ServerOptions with(const MadeCertificate& certificate) {
  tls::ServerOptions options;
  options.identities.push_back(certificate.identity());
  return options;
}

/// Only the server's half: a raw client of any kind against it.
std::string against(RawPeer& peer, const tls::ServerConfig& config) {
  return test::run([&]() -> Task<std::string> {
    auto [near, far] = io::duplex(64 * 1024);
    tls::Stream server(std::move(near), config);
    auto [served, asked] = co_await join(server.handshake(), peer.shake(far));
    CHECK(served.has_value() == asked);
    co_return served ? std::string() : served.error().message();
  });
}

}  // namespace

TEST_CASE("NE8: tls: a server shows the certificate that the client's name asks for") {
  const MadeCertificate first = authority().issue({.common_name = "first", .dns = {"first.test", "shared.test"}});
  const MadeCertificate wild = authority().issue({.common_name = "wild", .dns = {"*.wild.test", "wild.test"}});
  const MadeCertificate exact = authority().issue({.common_name = "exact", .dns = {"exact.wild.test"}});
  const MadeCertificate address = authority().issue({.common_name = "address", .ip = {"192.0.2.7", "2001:db8::7"}});
  tls::ServerOptions options;
  for (const MadeCertificate* certificate : {&first, &wild, &exact, &address})
    options.identities.push_back(certificate->identity());
  const tls::ServerConfig server = server_config(options);
  const tls::ClientConfig client = client_config({.danger_accept_invalid_certificates = true});
  struct Row {
    const char* name;
    const char* shown;
  };
  for (const Row& row :
       {Row{"first.test", "CN=first"}, Row{"shared.test", "CN=first"}, Row{"wild.test", "CN=wild"},
        Row{"a.wild.test", "CN=wild"}, Row{"A.WILD.Test", "CN=wild"}, Row{"exact.wild.test", "CN=exact"},
        Row{"a.b.wild.test", "CN=first"}, Row{".wild.test", "CN=first"}, Row{"unknown.test", "CN=first"},
        Row{"192.0.2.7", "CN=first"}, Row{"a.wild.test.", "CN=wild"}}) {
    CAPTURE(row.name);
    const Verdict verdict = judge(server, client, row.name);
    CHECK(verdict.server.empty());
    CHECK(verdict.subject == row.shown);
  }
}

TEST_CASE("NE8: tls: of two certificates for one name the client's abilities choose") {
  const MadeCertificate ecdsa = authority().issue({.common_name = "ecdsa", .dns = {"both.test"}});
  const MadeCertificate rsa =
      authority().issue({.common_name = "rsa", .dns = {"both.test"}, .key = support::KeyKind::Rsa});
  tls::ServerOptions options;
  options.identities = {ecdsa.identity(), rsa.identity()};
  const tls::ServerConfig server = server_config(options);
  for (const auto& [algorithms, shown] :
       {std::pair("ECDSA+SHA256", EVP_PKEY_EC), std::pair("RSA-PSS+SHA256", EVP_PKEY_RSA)}) {
    RawPeer peer([wanted = algorithms](SSL_CTX* context) { SSL_CTX_set1_sigalgs_list(context, wanted); }, "both.test");
    CHECK(against(peer, server).empty());
    const X509* certificate = SSL_get0_peer_certificate(peer.ssl());
    REQUIRE(certificate != nullptr);
    CHECK(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == shown);
  }
}

TEST_CASE("NE8: tls: a name is covered where the certificate of the name that was asked for has it") {
  const MadeCertificate first = authority().issue({.dns = {"first.test", "*.cdn.test"}, .ip = {"192.0.2.7"}});
  const MadeCertificate second = authority().issue({.dns = {"second.test"}});
  tls::ServerOptions options;
  options.identities = {first.identity(), second.identity()};
  struct Row {
    const char* asked;
    const char* host;
    bool covered;
  };
  for (const Row& row : {Row{"first.test", "first.test", true}, Row{"first.test", "FIRST.test", true},
                         Row{"first.test", "a.cdn.test", true}, Row{"first.test", "a.b.cdn.test", false},
                         Row{"first.test", "second.test", false}, Row{"second.test", "first.test", false},
                         Row{"first.test", "192.0.2.7", true}, Row{"second.test", "192.0.2.7", false},
                         Row{"first.test", "", false}, Row{"192.0.2.7", "anything.test", true},
                         Row{"unknown.test", "unknown.test", true}, Row{"unknown.test", "second.test", false}}) {
    CAPTURE(row.asked);
    CAPTURE(row.host);
    test::run([&]() -> Task<void> {
      Shaken pair = co_await shake(server_config(options), client_config({.danger_accept_invalid_certificates = true}),
                                   row.asked);
      REQUIRE(pair.server);
      CHECK(pair.server->covers(row.host) == row.covered);
    });
  }
}

TEST_CASE("NE8: tls: of the protocols both know the server's favourite is taken; none in common ends it") {
  struct Row {
    std::vector<std::string> server;
    std::vector<std::string> client;
    const char* agreed;
    bool refused = false;
  };
  const std::vector<Row> rows{
      {{"h2", "http/1.1"}, {"http/1.1", "h2"}, "h2"},
      {{"http/1.1"}, {"h2", "http/1.1"}, "http/1.1"},
      {{"h2", "http/1.1"}, {}, ""},
      {{}, {"h2"}, ""},
      {{"h2"}, {"http/1.1"}, "", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.agreed);
    const Verdict verdict =
        judge(server_config({.identities = {}, .alpn = row.server}), client_config({.alpn = row.client}));
    CHECK(verdict.alpn == row.agreed);
    CHECK(verdict.server.empty() == !row.refused);
    if (row.refused) CHECK(has(verdict.client, "no application protocol"));
  }
  const tls::ServerConfig plain = server_config();
  CHECK_FALSE(plain.has_alpn());
  const tls::ServerConfig both = plain.with_alpn({"h2", "http/1.1"}).value();
  CHECK(both.has_alpn());
  CHECK(judge(both, client_config({.alpn = {"h2"}})).alpn == "h2");
  CHECK(plain.with_alpn({""}).error() == Errc::InvalidArgument);
  CHECK(plain.with_alpn({std::string(256, 'a')}).error() == Errc::InvalidArgument);
  CHECK(plain.with_alpn({std::string(255, 'a')}).has_value());
}

TEST_CASE(
    "NE8: tls: a client takes only a certificate that is valid, meant for servers, and for the name it asked for") {
  static const Authority stranger("Stranger");
  const Authority between = authority().intermediate("Between");
  MadeCertificate chained = between.issue({.dns = {"server.test"}});
  const MadeCertificate alone = chained;
  chained.certificate += between.pem();
  const MadeCertificate revoked = issued("server.test");
  struct Row {
    const char* name;
    MadeCertificate certificate;
    const char* refused;  // null: taken
    const char* asked = "server.test";
  };
  const std::vector<Row> rows{
      {"valid", issued("server.test"), nullptr},
      {"in capitals", issued("server.test"), nullptr, "SERVER.test"},
      {"by wildcard", issued("*.server.test"), nullptr, "a.server.test"},
      {"by a common name", authority().issue({.common_name = "server.test"}), nullptr},
      {"by address", authority().issue({.ip = {"192.0.2.7"}}), nullptr, "192.0.2.7"},
      {"by address, version 6", authority().issue({.ip = {"2001:db8::7"}}), nullptr, "[2001:db8::7]"},
      {"with its chain", chained, nullptr},
      {"without its chain", alone, "unable to get local issuer certificate"},
      {"expired", authority().issue({.dns = {"server.test"}, .not_before = -48h, .not_after = -1h}),
       "certificate has expired"},
      {"not valid yet", authority().issue({.dns = {"server.test"}, .not_before = 1h}), "certificate is not yet valid"},
      {"of another host", issued("other.test"), "hostname mismatch"},
      {"of another address", authority().issue({.ip = {"192.0.2.8"}}), "IP address mismatch", "192.0.2.7"},
      {"with the address as a name", issued("192.0.2.7"), "IP address mismatch", "192.0.2.7"},
      {"by a wildcard inside a label", issued("ser*.test"), "hostname mismatch"},
      {"by a wildcard for two labels", issued("*.server.test"), "hostname mismatch", "a.b.server.test"},
      {"by a wildcard for a whole domain", issued("*.test"), "hostname mismatch"},
      {"with the name only as common name", authority().issue({.common_name = "server.test", .dns = {"other.test"}}),
       "hostname mismatch"},
      {"for clients", authority().issue({.dns = {"server.test"}, .for_servers = false, .for_clients = true}),
       "certificate purpose"},
      {"signed by itself", Authority::self_signed({.dns = {"server.test"}}), "self-signed certificate"},
      {"signed by a stranger", stranger.issue({.dns = {"server.test"}}), "unable to get local issuer certificate"},
      {"revoked", revoked, "certificate revoked"},
  };
  const tls::ClientConfig client =
      client_config({.crl = Pem::text(authority().revoke({revoked.certificate}) + between.revoke({}))});
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Verdict verdict = judge(server_config(with(row.certificate)), client, row.asked);
    CAPTURE(verdict.client);
    CHECK(verdict.client.empty() == (row.refused == nullptr));
    if (row.refused == nullptr) continue;
    CHECK(has(verdict.client, row.refused));
    CHECK(verdict.client.starts_with("TLS handshake with " + std::string(row.asked)));
    CHECK(verdict.client.ends_with(": permission denied"));
    CHECK_FALSE(verdict.server.empty());
    // Who said that it does not matter gets through.
    CHECK(judge(server_config(with(row.certificate)), client_config({.danger_accept_invalid_certificates = true}),
                row.asked)
              .client.empty());
  }
}

TEST_CASE("NE8: tls: the system's issuers do not include ours; no name at all is refused") {
  tls::ClientConfig client = tls::ClientConfig::make().value();
  CHECK(has(judge(server_config(), client).client, "permission denied"));
  CHECK(has(judge(server_config(), client, "").client, "no name of a server"));
  CHECK(has(judge(server_config(), client, std::string("server.test\0x", 13)).client, "no name of a server"));
}

TEST_CASE("NE8: tls: certificates of clients: off, optional, required") {
  static const Authority stranger("Stranger");
  const MadeCertificate good = authority().issue({.common_name = "billing",
                                                  .dns = {"billing.test"},
                                                  .uri = {"spiffe://test/billing"},
                                                  .for_servers = false,
                                                  .for_clients = true});
  const MadeCertificate expired = authority().issue({.not_before = -48h, .not_after = -1h, .for_clients = true});
  const MadeCertificate foreign = stranger.issue({.for_clients = true});
  const MadeCertificate purpose = authority().issue({});
  const MadeCertificate revoked = authority().issue({.for_clients = true});
  using enum tls::ClientAuth;
  struct Row {
    const char* name;
    tls::ClientAuth asked;
    const MadeCertificate* shown;
    bool accepted;
    bool known;
    const char* reason = "";
  };
  const std::vector<Row> rows{
      {"off, none", Off, nullptr, true, false},
      {"off, a good one", Off, &good, true, false},
      {"optional, none", Optional, nullptr, true, false},
      {"optional, a good one", Optional, &good, true, true},
      {"optional, an expired one", Optional, &expired, false, false, "certificate has expired"},
      {"required, a good one", Required, &good, true, true},
      {"required, none", Required, nullptr, false, false, "peer did not return a certificate"},
      {"required, of a stranger", Required, &foreign, false, false, "unable to get local issuer"},
      {"required, for servers", Required, &purpose, false, false, "certificate purpose"},
      {"required, revoked", Required, &revoked, false, false, "certificate revoked"},
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CAPTURE(version);
      tls::ServerOptions options{.identities = {issued("server.test").identity()}, .client_auth = row.asked};
      if (row.asked != Off) {
        options.client_ca = Pem::text(authority().pem());
        options.client_crl = Pem::text(authority().revoke({revoked.certificate}));
      }
      if (version == TLS1_2_VERSION) {
        RawPeer peer([&](SSL_CTX* context) {
          SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
          if (row.shown == nullptr) return;
          const auto memory = [](const std::string& text) {
            return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
          };
          BIO* certificate = memory(row.shown->certificate);
          BIO* key = memory(row.shown->key);
          X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
          EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
          SSL_CTX_use_cert_and_key(context, x509, pkey, nullptr, 1);
          X509_free(x509);
          EVP_PKEY_free(pkey);
          BIO_free(certificate);
          BIO_free(key);
        });
        const std::string verdict = against(peer, server_config(options));
        CHECK(verdict.empty() == row.accepted);
        CHECK(has(verdict, row.reason));
        continue;
      }
      tls::ClientOptions client;
      if (row.shown != nullptr) client.identity = row.shown->identity();
      test::run([&]() -> Task<void> {
        Shaken pair = co_await shake(server_config(options), client_config(client));
        CHECK(pair.server.has_value() == row.accepted);
        if (!pair.server) {
          CHECK(has(pair.server.error().message(), row.reason));
          CHECK(pair.server.error() == Errc::PermissionDenied);
          co_return;
        }
        const auto shown = pair.server->peer_certificate();
        CHECK((shown != nullptr) == row.known);
        if (shown == nullptr) co_return;
        CHECK(shown->subject == "CN=billing");
        CHECK(shown->issuer == "CN=Test Authority");
        CHECK(shown->dns_names == std::vector<std::string>{"billing.test"});
        CHECK(shown->uris == std::vector<std::string>{"spiffe://test/billing"});
        CHECK(shown->sha256.size() == 64);
        CHECK(shown->not_after > std::chrono::system_clock::now());
        CHECK_FALSE(shown->serial.empty());
        CHECK_FALSE(shown->der.empty());
      });
    }
  }
}

TEST_CASE("NE8: tls: only versions 1.2 and 1.3, only AEAD with forward secrecy, no renegotiation") {
  const tls::ServerConfig server = server_config();
  struct Row {
    const char* name;
    std::function<void(SSL_CTX*)> prepare;
    bool accepted;
  };
  const auto version = [](int only) {
    return [only](SSL_CTX* context) {
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_min_proto_version(context, only);
      SSL_CTX_set_max_proto_version(context, only);
    };
  };
  const auto suite = [](const char* name) {
    return [name](SSL_CTX* context) {
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      CHECK(SSL_CTX_set_cipher_list(context, name) == 1);
    };
  };
  const std::vector<Row> rows{
      {"1.0", version(TLS1_VERSION), false},
      {"1.1", version(TLS1_1_VERSION), false},
      {"1.2", version(TLS1_2_VERSION), true},
      {"1.3", version(TLS1_3_VERSION), true},
      {"AES-GCM", suite("ECDHE-ECDSA-AES128-GCM-SHA256"), true},
      {"ChaCha20", suite("ECDHE-ECDSA-CHACHA20-POLY1305"), true},
      {"CBC", suite("ECDHE-ECDSA-AES256-SHA384"), false},
      {"CCM", suite("ECDHE-ECDSA-AES128-CCM8"), false},
      {"without forward secrecy", suite("AES256-GCM-SHA384"), false},
      {"without authentication", suite("AECDH-AES256-SHA"), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    RawPeer peer(row.prepare);
    CHECK(against(peer, server).empty() == row.accepted);
  }
  test::run([&]() -> Task<void> {
    auto [near, far] = io::duplex(64 * 1024);
    tls::Stream stream(std::move(near), server);
    RawPeer peer([](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
    auto [served, asked] = co_await join(stream.handshake(), peer.shake(far));
    REQUIRE(served);
    CHECK(SSL_get_secure_renegotiation_support(peer.ssl()) == 1);
    CHECK(SSL_get_current_compression(peer.ssl()) == nullptr);
    REQUIRE(SSL_renegotiate(peer.ssl()) == 1);
    SSL_do_handshake(peer.ssl());
    CHECK(co_await peer.flush(far));
    std::byte room[16];
    const auto got = stream.try_read(room);
    CHECK_FALSE(got);
    // Refused by an alert; nothing was agreed anew.
    CHECK(co_await peer.receive(far));
    CHECK(SSL_do_handshake(peer.ssl()) != 1);
  });
}

TEST_CASE("NE8: tls: a client goes on from an earlier session with the same name, and with no other") {
  test::run([]() -> Task<void> {
    const MadeCertificate both = authority().issue({.common_name = "a.test", .dns = {"a.test", "b.test"}});
    const tls::ServerConfig server = server_config({.identities = {both.identity()}});
    /// Whether it was resumed; the client hears a byte, so the tickets before it, too.
    const auto resumes = [&](tls::ClientConfig client, std::string name) -> Task<bool> {
      Shaken shaken = co_await shake(server, std::move(client), std::move(name));
      REQUIRE(shaken.client);
      REQUIRE(shaken.server);
      CHECK(co_await shaken.server->write_all("x"));
      std::array<std::byte, 1> room;
      CHECK(co_await shaken.client->read_exact(room));
      CHECK(shaken.client->resumed() == shaken.server->resumed());
      CHECK(shaken.client->peer_certificate() != nullptr);
      co_return shaken.client->resumed();
    };
    const tls::ClientConfig client = client_config();
    CHECK_FALSE(co_await resumes(client, "a.test"));
    for (int i = 0; i < 10; ++i) CHECK(co_await resumes(client, "a.test"));
    CHECK_FALSE(co_await resumes(client, "b.test"));
    CHECK(co_await resumes(client, "b.test"));
    CHECK_FALSE(co_await resumes(client_config(), "a.test"));
    const tls::ClientConfig forgetful = client_config({.resumption = false});
    CHECK_FALSE(co_await resumes(forgetful, "a.test"));
    CHECK_FALSE(co_await resumes(forgetful, "a.test"));
  });
}

TEST_CASE("NE8: tls: a session is no way in to a server that has another certificate now") {
  test::run([]() -> Task<void> {
    const tls::ClientConfig client = client_config();
    const auto hears = [&](tls::ServerConfig server) -> Task<bool> {
      Shaken shaken = co_await shake(std::move(server), client, "a.test");
      if (!shaken.client || !shaken.server) co_return false;
      CHECK(co_await shaken.server->write_all("x"));
      std::array<std::byte, 1> room;
      CHECK(co_await shaken.client->read_exact(room));
      CHECK_FALSE(shaken.client->resumed());
      co_return true;
    };
    CHECK(co_await hears(server_config({.identities = {issued("a.test").identity()}})));
    // Its tickets mean nothing to this one, so its certificate has to be good, and it is not.
    CHECK_FALSE(co_await hears(server_config({.identities = {issued("other.test").identity()}})));
    CHECK(co_await hears(server_config({.identities = {issued("a.test").identity()}})));
  });
}

TEST_CASE("NE8: tls: no early data is taken or offered") {
  RawPeer peer;
  CHECK(against(peer, server_config()).empty());
  CHECK(SSL_SESSION_get_max_early_data(SSL_get0_session(peer.ssl())) == 0);
}

TEST_CASE("NE8: tls: who speaks text is told apart, and what it said first is kept") {
  for (const std::string_view text : {"GET / HTTP/1.1\r\n\r\n", "PROPFIND / HTTP/1.1\r\n", "HEAD /", "X"}) {
    test::run([&]() -> Task<void> {
      auto [near, far] = io::duplex(1024);
      tls::Stream server(std::move(near), server_config());
      CHECK_FALSE(co_await timeout(1s, server.client_speaks()));
      CHECK(co_await far.write_all(text));
      co_await server.client_speaks();
      const auto done = co_await server.handshake();
      REQUIRE_FALSE(done);
      CHECK(done.error().message() == "TLS handshake: the peer does not speak TLS: invalid data");
      CHECK(server.plain_text() == text.substr(0, 8));
      // Nothing was answered: that is for who knows the protocol.
      std::byte room[16];
      CHECK(far.try_read(room).error() == Errc::WouldBlock);
      CHECK(co_await server.carrier()->write_all("no\n"));
    }, {.start_paused = true});
  }
  for (const std::string& bytes : {std::string("\0\0\0\0", 4), std::string("\x80\x2e\x01\x03\x01", 5),
                                   std::string("\x16\x03\x01\x00\x05hello", 10)}) {
    test::run([&]() -> Task<void> {
      auto [near, far] = io::duplex(1024);
      tls::Stream server(std::move(near), server_config());
      CHECK(co_await far.write_all(bytes));
      CHECK(co_await far.shutdown());
      CHECK_FALSE(co_await server.handshake());
      CHECK(server.plain_text().empty());
    });
  }
}

TEST_CASE("NE8: tls: a peer that stays silent is left to the caller's patience") {
  test::run(
      []() -> Task<void> {
        auto [near, far] = io::duplex(1024);
        tls::Stream server(std::move(near), server_config());
        CHECK((co_await timeout(10s, server.handshake())).error() == Errc::TimedOut);
        // It waits on, and still can be done.
        RawPeer peer;
        auto [served, asked] = co_await join(server.handshake(), peer.shake(far));
        CHECK(served);
        CHECK(asked);
      },
      {.start_paused = true});
}
