# What a person is told of who received what. Every language has every message with the same arguments; a test says so.
# $partner, $purpose, $title, $element, $contact come as they are written in documents, in whatever language that is.

date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
title = Who received information about you
intro = You asked us who has received information about you from us. This is our answer of { $date }.
none = { $asked ->
    [0] So far we have not sent such information to anybody.
    [one] We looked into the one package of information that we have sent. You are not in it.
   *[other] We looked into all { $asked } packages of information that we have sent. You are in none of them.
}
some = { $count ->
    [one] Information about you was sent once.
   *[other] Information about you was sent { $count } times.
}
heading = { $number }. { $partner }
arrived = We sent it on { $date }, and it arrived at { $partner }.
may-have-arrived = We began to send it on { $date }. We cannot be sure that it arrived, but { $partner } may have it.
asked-about = They asked us on { $date } whether we know you. { $partner } was told nothing about you.
confirmed = We sent it on { $date }. { $partner } confirmed on { $answered } that they had received it.
rejected = We sent it on { $date }. { $partner } told us on { $answered } that they did not keep it.
purpose = It was sent for this purpose: { $purpose }.
agreement = The agreement that allowed it is called “{ $title }” (version { $version }).
elements = This is what was in it about you:
form-raw = “{ $element }” was given as it is.
form-pseudonym = “{ $element }” was not given: a number stood in its place from which they cannot find it out.
form-presence = They were told only whether we have “{ $element }”, not what it is.
form-year = From “{ $element }” they were given only the year.
form-age = From “{ $element }” they were given only an age in years.
form-age-band = From “{ $element }” they were given only an age group.
form-place-level = { $level ->
    [0] From “{ $element }” they were given only the country.
   *[other] From “{ $element }” they were given only the wider area.
}
form-masked = “{ $element }” was given with most of it hidden.
form-aggregate-only = From “{ $element }” they were given only a number or a total.
erase-by = They may keep it until { $date } at the latest and must then erase it.
erased-by = They had to erase it by { $date }.
worked-out = What was in it is worked out from our documents of that time.
others = There may be more under another record of yours. Please ask us to look there too.
rights = You can ask us to correct what is wrong, and you can object to information about you being sent.
contact = If you have a question, or if something here is wrong, turn to { $contact }.
our-office = the office that gave you this letter, and ask for whoever is responsible for data protection
