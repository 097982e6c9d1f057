"""Text and its forms: strings, patterns, formats, codes."""

from __future__ import annotations

from typing import Any

from ..long_calls import made_aside
from ..table import Table


def _pickle(modules: Any) -> dict[str, Any]:
    copy = modules.copies.get("pickle")
    return {"Pickler": copy._Pickler, "Unpickler": copy._Unpickler}


def _codecs(modules: Any) -> dict[str, Any]:
    import codecs

    def open(
        filename: Any, mode: str = "r", encoding: Any = None, errors: str = "strict", buffering: int = -1
    ) -> Any:
        """Open a file that is read and written in an encoding."""
        if encoding is not None and "b" not in mode:
            mode += "b"
        file = modules.open(filename, mode, buffering)
        if encoding is None:
            return file
        info = codecs.lookup(encoding)
        return codecs.StreamReaderWriter(file, info.streamreader, info.streamwriter, errors)

    return {"open": open}


TABLES = {
    "string": Table(
        "Formatter Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits "
        "printable punctuation whitespace",
        copied=True,
    ),
    "textwrap": Table("TextWrapper dedent fill indent shorten wrap"),
    "pprint": Table("PrettyPrinter isreadable isrecursive pformat pp pprint saferepr", copied=True),
    "re": Table(
        "A ASCII DEBUG DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern PatternError RegexFlag S T U "
        "UNICODE VERBOSE X compile error escape findall finditer fullmatch match purge search split sub subn"
    ),
    "json": Table(
        "JSONDecodeError JSONDecoder JSONEncoder dump dumps load loads", submodules="decoder encoder"
    ),
    "json.decoder": Table("JSONDecodeError JSONDecoder"),
    "json.encoder": Table("JSONEncoder"),
    "csv": Table(
        "Dialect DictReader DictWriter Error QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC QUOTE_NOTNULL "
        "QUOTE_STRINGS Sniffer excel excel_tab field_size_limit get_dialect list_dialects reader unix_dialect writer"
    ),
    "shlex": Table("join quote split"),
    "difflib": Table(
        "Differ HtmlDiff IS_CHARACTER_JUNK IS_LINE_JUNK Match SequenceMatcher context_diff diff_bytes "
        "get_close_matches ndiff restore unified_diff"
    ),
    "unicodedata": Table(
        "bidirectional category combining decimal decomposition digit east_asian_width is_normalized lookup "
        "mirrored name normalize numeric ucd_3_2_0 unidata_version"
    ),
    "codecs": Table(
        "BOM BOM_BE BOM_LE BOM_UTF16 BOM_UTF16_BE BOM_UTF16_LE BOM_UTF32 BOM_UTF32_BE BOM_UTF32_LE BOM_UTF8 Codec "
        "CodecInfo IncrementalDecoder IncrementalEncoder StreamReader StreamReaderWriter StreamWriter "
        "backslashreplace_errors decode encode getdecoder getencoder getincrementaldecoder getincrementalencoder "
        "getreader getwriter ignore_errors iterdecode iterencode lookup namereplace_errors replace_errors "
        "strict_errors xmlcharrefreplace_errors",
        made=_codecs,
    ),
    "base64": Table(
        "a85decode a85encode b16decode b16encode b32decode b32encode b32hexdecode b32hexencode b64decode "
        "b64encode b85decode b85encode decodebytes encodebytes standard_b64decode standard_b64encode "
        "urlsafe_b64decode urlsafe_b64encode z85decode z85encode"
    ),
    "binascii": Table(
        "Error Incomplete a2b_base64 a2b_hex a2b_qp a2b_uu b2a_base64 b2a_hex b2a_qp b2a_uu crc32 crc_hqx hexlify "
        "unhexlify"
    ),
    "hashlib": Table(
        "algorithms_available algorithms_guaranteed blake2b blake2s file_digest md5 new pbkdf2_hmac scrypt sha1 "
        "sha224 sha256 sha384 sha3_224 sha3_256 sha3_384 sha3_512 sha512 shake_128 shake_256",
        made=made_aside("hashlib", "pbkdf2_hmac", "scrypt"),
    ),
    "hmac": Table("HMAC compare_digest digest new"),
    "zlib": Table(
        "DEFLATED DEF_BUF_SIZE DEF_MEM_LEVEL MAX_WBITS ZLIB_VERSION Z_BEST_COMPRESSION Z_BEST_SPEED "
        "Z_DEFAULT_COMPRESSION Z_DEFAULT_STRATEGY Z_FINISH Z_NO_COMPRESSION Z_SYNC_FLUSH adler32 compress "
        "compressobj crc32 decompress decompressobj error",
        made=made_aside("zlib", "compress", "decompress"),
    ),
    "uuid": Table(
        "NAMESPACE_DNS NAMESPACE_OID NAMESPACE_URL NAMESPACE_X500 RESERVED_FUTURE RESERVED_MICROSOFT RESERVED_NCS "
        "RFC_4122 SafeUUID UUID uuid3 uuid4 uuid5"
    ),
    "keyword": Table("iskeyword issoftkeyword kwlist softkwlist"),
    "html": Table("escape unescape"),
    "urllib": Table(),
    "urllib.parse": Table(
        "DefragResult ParseResult SplitResult parse_qs parse_qsl quote quote_from_bytes quote_plus unquote "
        "unquote_plus unquote_to_bytes urldefrag urlencode urljoin urlparse urlsplit urlunparse urlunsplit"
    ),
    "pickle": Table(
        "DEFAULT_PROTOCOL HIGHEST_PROTOCOL PickleBuffer PickleError PicklingError UnpicklingError "
        "dump dumps load loads",
        copied=True,
        made=_pickle,
    ),
    "ast": Table("literal_eval"),
}
