// Keys in PEM, for tests alone.
#pragma once

#include <string_view>

namespace support {

/// The key of RFC 7515 §A.3.
inline constexpr std::string_view kEs256Public = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END PUBLIC KEY-----
)";
inline constexpr std::string_view kEs256Private = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
-----END PRIVATE KEY-----
)";
/// The key of RFC 8037 §A.1.
inline constexpr std::string_view kEd25519Public = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
)";
inline constexpr std::string_view kEd25519Private = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
)";
/// The key of RFC 7515 §A.2.
inline constexpr std::string_view kRfcRsaPublic = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
)";
/// Made for these tests.
inline constexpr std::string_view kRs256Private = R"(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDjHg1hI8kH6oR2
6iOjQ+CM7j0RRAQvkWXyjtAH4jGPAJueXF4IcNVMp8M4VG4WmqwEJrLefsHMg+Qe
5szaG338rc28gyTxaZSSoX6D53UTcW2WLfvP/P6ayS0ARzJ3bPlNp1gWHYJF7iZo
JZsbRvDD7ugWqvuF0z5RO0RIoOkYBf84b60+um7psVlNjz1LacqBJL5pMAgAMgwP
mimmnfppdfSmPtSePKazAOGmUJwMlPLgBvNmAKeSj7MFEbp3etLmlfA+zSX0esCP
WeNtLdZx8/ZF3ryT4BUoRk4ExBUHaP7VAIEgiWSD75kre+9+T9zuowWFMU3eUCCi
oIslXxNPAgMBAAECggEANStPaYrVoMdLvIUC09Frq8KIRFb+fd5VlgvN8tKG1JoJ
VHD+SI6VuMzbfH/zh9Is7AndPQ5Cs2y7Bmr00Si3fWR48iVnjCax9APfmOSiOWuI
Aq0AMwhg2H65TMPeMiwuTvoauo6s9U8T6bTIE4IvkkcHSWs81+8Eu0KbMT+OYiNw
WlFUC82wx9Z+KJfBfH6VqUT4NVO7vbqbfnWdiP3HnLE3GpMpV8bmmk5XtoD/EO4O
KI9uXSxCSXkg0vEaw7aMTMLuq+wRR53g/xhTP/MTpkvrxIfNUmLftp9FjafRzS9W
ePpfFYk6nZpm5Sv6Vc2bg9bxYoF9IVsaeelqX2xDlQKBgQD1Ucgkh5bviXBjoKqk
YP7K7ClV9vxbMv/3dabTDF29rSFDSoxlz2fjlWg9WGx09SKAKo5SiD8bGcxLHeq/
LKwxQu+45fd31flY15yJHnFtWuxXTPK63nZaaZaubDJdZ/+14MCHNTQXC0fN2TF7
wHQ+uJdsiB+v1TsLPO9b4AvGowKBgQDtAWYHQeJsCWzeOwXiSWqrnz/6aE7npw4A
mBi7IciOuKEmZSDaB/eWUcgYdtN3QlgKoUnTifViKUyXLj4nkhmO54f1NRkrm+u1
LE8L3RWaJeD79mJvjBzZOstaInyec8jEIX7nveSUeuH4B4ypJ/it3PgyX1uf1xJM
xLXkw3vHZQKBgQCnLQ08P55PLJUHf7TqAiOAO8HLkF3W9IFUrLt79WBoYvRY/BOD
Sf0dLXL04y494dOaDeYhPjHrEQCUbBXOI+5QP7JHiYfEBXA/5+cH1lQr1ptavthn
GjUDVhNWV+tWlgm/cyMgwNP3pDtRf2JmV/efyoF+d6FIXQI4nVTsgljkCwKBgQCX
mudrCQgPV9AeL99JqvDjK5E/Wu3uXPwmASUAv1GNiij7aIElNyd3LoUysQAAL54l
3ppdCMjAq+5kXp4/rcNPmGdtwTOCo9CZKei+jAO/gS9zvV2mQRhLFMLzu0/ABAyO
+WY2U1AecqSNhjbCFeGLReg2QK1Zh7gbB1HbLfjFyQKBgFiYfWGZgnkxd7eKJuKR
4rFiNKjuf3lTyZzJl8+EOVpiYfnMZhC3cJHvW1Zt9zwV60mEcY1jwhSw0XANvFou
RiOue5CKnvJBWdXQlVVyWBuL7QjwXzNYcsPxLLe4k4GKf7pmnN46blNW67xDZEkL
E+a0nmDPBFSRaCpT2U82Vu79
-----END PRIVATE KEY-----
)";
inline constexpr std::string_view kRs256Public = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4x4NYSPJB+qEduojo0Pg
jO49EUQEL5Fl8o7QB+IxjwCbnlxeCHDVTKfDOFRuFpqsBCay3n7BzIPkHubM2ht9
/K3NvIMk8WmUkqF+g+d1E3Ftli37z/z+msktAEcyd2z5TadYFh2CRe4maCWbG0bw
w+7oFqr7hdM+UTtESKDpGAX/OG+tPrpu6bFZTY89S2nKgSS+aTAIADIMD5oppp36
aXX0pj7UnjymswDhplCcDJTy4AbzZgCnko+zBRG6d3rS5pXwPs0l9HrAj1njbS3W
cfP2Rd68k+AVKEZOBMQVB2j+1QCBIIlkg++ZK3vvfk/c7qMFhTFN3lAgoqCLJV8T
TwIDAQAB
-----END PUBLIC KEY-----
)";
/// Too weak.
inline constexpr std::string_view kRsa1024Public = R"(-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC3Jc1axcnACcZCPw5y3Q7DoQ5Q
gfoHKkp0tmeq5Wq3v0KYqsOQtwjxDU4KK9+P7HLlNJ6/wfQq9yBoxY1zV9rgtV6Z
9es+pry5unGwGBrnu0zlnNqneuJ2hmLeoHmKoG+hv0khNDhPmJ+JoCRgdhYYCqCU
ocqmt0Y97A8YEtvJ3wIDAQAB
-----END PUBLIC KEY-----
)";
/// Of another curve.
inline constexpr std::string_view kP384Public = R"(-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEaSsu9tyXS+0MNYHMK9Gn9bocL2/eGC6O
DEkMFj4WQRZtcyYF1cePu5L1M6l8wMeGYuA6gt+C60Iil/5ekbOP6BzKdQQ20KUd
4cPPNyk6CupGz5+bbb5EcRRpsVl4x4Ry
-----END PUBLIC KEY-----
)";

}  // namespace support
