"""The writers of copies of pictures: a JPEG keeps its coefficients, any other picture is written afresh from its pixels."""
